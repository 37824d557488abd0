import { openSafetensors } from "../format/safetensors";
import type { LensRequest, RowStatistics } from "../lens/backend";
import type { Translator } from "../lens/translator";
import type { FinalNorm, Unembed } from "../lens/unembed";

/** The tiny models of `fixtures/`, and where each family keeps its final norm and its unembedding. */
const families = {
  "tiny-llama": { kind: "rms", norm: "model.norm", unembedding: "model.embed_tokens.weight" },
  "tiny-gpt2": { kind: "layer", norm: "transformer.ln_f", unembedding: "transformer.wte.weight" },
  "tiny-gpt_neox": {
    kind: "layer",
    norm: "gpt_neox.final_layer_norm",
    unembedding: "embed_out.weight",
  },
} as const satisfies Record<string, { kind: FinalNorm["kind"]; norm: string; unembedding: string }>;

type Fixture = keyof typeof families;
type LensKind = "logit" | "tuned";

export const fixtures = Object.keys(families) as Fixture[];
export const prompts = ["one", "seven", "repeats"] as const;
export const lensKinds: readonly LensKind[] = ["logit", "tuned"];

const k = 10;

export async function collect<T>(generator: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of generator) items.push(item);
  return items;
}

/** Some positions of a row that begins at the first. */
export function sliceOf(
  { row, start, ...statistics }: RowStatistics,
  from: number,
  to: number,
): RowStatistics {
  const positions = statistics.entropy.length;
  const cut = Object.entries(statistics).map(([name, values]) => {
    const width = values.length / positions;
    return [name, values.slice((from - start) * width, (to - start) * width)];
  });
  return { row, start: from, ...Object.fromEntries(cut) };
}

/** Opens a tiny model's files, which `readBytes` gets by their path under `fixtures/`. */
export async function openGoldens(
  fixture: Fixture,
  readBytes: (path: string) => Promise<Uint8Array>,
) {
  const { kind, norm, unembedding } = families[fixture];
  const open = async (file: string) =>
    openSafetensors(await readBytes(`${fixture}/${file}.safetensors`));
  const [model, params, goldens] = await Promise.all(["model", "lens/params", "goldens"].map(open));
  const [vocab, dModel] = model.tensors.get(unembedding)!.shape;
  const unembed: Unembed = {
    vocab,
    dModel,
    norm: {
      kind,
      weight: model.read(`${norm}.weight`),
      bias: kind === "layer" ? model.read(`${norm}.bias`) : null,
      eps: 1e-5,
    },
    unembedding: model.read(unembedding),
    bias: null,
  };
  const nLayers = goldens.tensors.get("one.hidden")!.shape[0] - 1;
  const layers = Array.from({ length: nLayers }, (_, layer) => layer);

  return {
    unembed,
    /** The whole of a prompt, last layer first. */
    request(prompt: string, lens: LensKind): LensRequest<Float32Array> {
      const ids = goldens.readInt32(`${prompt}.ids`);
      const hidden = goldens.read(`${prompt}.hidden`);
      const size = ids.length * dModel;
      const translator = (layer: number): Translator => ({
        weight: params.read(`${layer}.weight`),
        bias: params.read(`${layer}.bias`),
      });
      return {
        hidden: [...layers, nLayers].map((l) => hidden.subarray(l * size, (l + 1) * size)),
        from: 0,
        to: ids.length,
        translators: layers.map((layer) => (lens === "tuned" ? translator(layer) : null)),
        layers: layers.toReversed(),
        targets: Int32Array.of(...ids.subarray(1), -1),
        k,
      };
    },
    /** The largest difference from the goldens of each statistic, and how many top ids differ. */
    errors(prompt: string, lens: LensKind, read: readonly RowStatistics[]) {
      const golden = (name: string) => goldens.read(`${prompt}.${lens}.${name}`);
      const positions = goldens.readInt32(`${prompt}.ids`).length;
      const expected = {
        entropy: golden("entropy"),
        klFromFinal: golden("kl_from_final"),
        maxProb: golden("max_prob"),
        crossEntropy: golden("cross_entropy"),
        rank: Float32Array.from(goldens.readInt32(`${prompt}.${lens}.rank`)),
        topLogProbs: golden("top_log_probs"),
      };
      const topIds = goldens.readInt32(`${prompt}.${lens}.top_ids`);
      const largest = {
        ...{ entropy: 0, klFromFinal: 0, maxProb: 0, crossEntropy: 0, rank: 0, topLogProbs: 0 },
        ...{ topIds: 0, finalTopLogProb: 0, topFinalLogProbs: 0 },
      };
      const note = (name: keyof typeof largest, actual: number, wanted: number) => {
        const error = Math.abs(actual - wanted);
        largest[name] = Number.isNaN(error)
          ? Number.POSITIVE_INFINITY
          : Math.max(largest[name], error);
      };
      /** The golden log-probability of a token, where it is among the likeliest ten. */
      const goldenLogProb = (cell: number, id: number) => {
        const at = topIds.subarray(cell * k, (cell + 1) * k).indexOf(id);
        return at < 0 ? null : expected.topLogProbs[cell * k + at];
      };
      for (const row of read) {
        const line = row.row === "output" ? nLayers : row.row;
        for (let i = 0; i < row.entropy.length; ++i) {
          const position = row.start + i;
          const cell = line * positions + position;
          const finalCell = nLayers * positions + position;
          for (const name of ["entropy", "klFromFinal", "maxProb"] as const)
            note(name, row[name][i], expected[name][cell]);
          if (position < positions - 1)
            for (const name of ["crossEntropy", "rank"] as const)
              note(name, row[name][i], expected[name][line * (positions - 1) + position]);
          const finalTop = goldenLogProb(cell, topIds[finalCell * k]);
          if (finalTop !== null) note("finalTopLogProb", row.finalTopLogProb[i], finalTop);
          for (let j = 0; j < k; ++j) {
            const id = row.topIds[i * k + j];
            note("topLogProbs", row.topLogProbs[i * k + j], expected.topLogProbs[cell * k + j]);
            if (id !== topIds[cell * k + j]) {
              // Either order is right where two are within 1e-4.
              const logProb = goldenLogProb(cell, id) ?? Number.NEGATIVE_INFINITY;
              if (Math.abs(logProb - expected.topLogProbs[cell * k + j]) > 1e-4) ++largest.topIds;
            }
            const final = goldenLogProb(finalCell, id);
            if (final !== null) note("topFinalLogProbs", row.topFinalLogProbs[i * k + j], final);
          }
        }
      }
      return largest;
    },
  };
}
