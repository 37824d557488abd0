import { invariant } from "../errors";
import { openSafetensors } from "../format/safetensors";
import { openTorch } from "../format/torch";
import type { LensRequest, RowStatistics } from "../lens/backend";
import { parseLensConfig } from "../lens/lensConfig";
import { type LensTarget, readLensFile } from "../lens/lensFile";
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
type LensKind = "logit" | "tuned" | "jacobian";

export const fixtures = Object.keys(families) as Fixture[];
export const prompts = ["one", "seven", "repeats"] as const;
/** What every fixture has goldens of; tiny-llama has some of a Jacobian lens too. */
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

/** A lens that the Python library saved, by the way that a visitor's goes. */
export async function readFixtureLens(
  files: { readonly params: Uint8Array<ArrayBuffer>; readonly config: Uint8Array | null },
  model: LensTarget,
) {
  const { params, config } = files;
  const tensors = await openTorch(new Blob([params]), 2 * params.length);
  return readLensFile(tensors, config && parseLensConfig(new TextDecoder().decode(config)), model);
}

/** Opens a tiny model's files, which `readBytes` gets by their path under `fixtures/`. */
export async function openGoldens(
  fixture: Fixture,
  readBytes: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
) {
  const { kind, norm, unembedding } = families[fixture];
  const open = async (file: string) =>
    openSafetensors(await readBytes(`${fixture}/${file}.safetensors`));
  const [weights, goldens] = await Promise.all(["model", "goldens"].map(open));
  const [vocab, dModel] = weights.tensors.get(unembedding)!.shape;
  const unembed: Unembed = {
    vocab,
    dModel,
    norm: {
      kind,
      weight: weights.read(`${norm}.weight`),
      bias: kind === "layer" ? weights.read(`${norm}.bias`) : null,
      eps: 1e-5,
    },
    unembedding: weights.read(unembedding),
    bias: null,
  };
  const nLayers = goldens.tensors.get("one.hidden")!.shape[0] - 1;
  const layers = Array.from({ length: nLayers }, (_, layer) => layer);
  const model = { name: fixture, nLayers, dModel };
  const tuned = await readFixtureLens(
    {
      params: await readBytes(`${fixture}/lens/params.pt`),
      config: await readBytes(`${fixture}/lens/config.json`),
    },
    model,
  );
  const jacobian =
    fixture === "tiny-llama"
      ? {
          ...(await readFixtureLens(
            { params: await readBytes(`${fixture}/jacobian/lens.pt`), config: null },
            model,
          )),
          goldens: await open("jacobian/goldens"),
        }
      : null;
  const lenses = {
    logit: { translators: layers.map(() => null), missing: [] as readonly number[], goldens },
    tuned: { ...tuned, goldens },
    jacobian,
  };
  const lensOf = (kind: LensKind) => {
    const lens = lenses[kind];
    invariant(lens, `${fixture} has no ${kind} lens`);
    return lens;
  };

  return {
    unembed,
    /** The whole of a prompt, last layer first. */
    request(prompt: string, lens: LensKind): LensRequest<Float32Array> {
      const ids = goldens.readInt32(`${prompt}.ids`);
      const hidden = goldens.read(`${prompt}.hidden`);
      const size = ids.length * dModel;
      const { translators, missing } = lensOf(lens);
      return {
        hidden: [...layers, nLayers].map((l) => hidden.subarray(l * size, (l + 1) * size)),
        from: 0,
        to: ids.length,
        translators,
        layers: layers.filter((layer) => !missing.includes(layer)).toReversed(),
        targets: Int32Array.of(...ids.subarray(1), -1),
        k,
      };
    },
    /** The largest difference from the goldens of each statistic, and how many top ids differ. */
    errors(prompt: string, lens: LensKind, read: readonly RowStatistics[]) {
      const tables = lensOf(lens).goldens;
      const golden = (name: string) => tables.read(`${prompt}.${lens}.${name}`);
      const positions = goldens.readInt32(`${prompt}.ids`).length;
      const expected = {
        entropy: golden("entropy"),
        klFromFinal: golden("kl_from_final"),
        maxProb: golden("max_prob"),
        crossEntropy: golden("cross_entropy"),
        rank: Float32Array.from(tables.readInt32(`${prompt}.${lens}.rank`)),
        topLogProbs: golden("top_log_probs"),
      };
      const topIds = tables.readInt32(`${prompt}.${lens}.top_ids`);
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
