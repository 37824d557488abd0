import { TrainingError } from "../../errors";
import type { Row, RowStatistics } from "../../lens/backend";
import { type Bootstrap, createBootstrap } from "../../math/bootstrap";
import { nextTask } from "../../math/nextTask";
import type { Model } from "../../model/model";
import type { Lens, OpenLenses } from "../openLenses";
import type { HiddenPrompt, TrainingKit } from "../reader";
import type {
  Evaluation,
  EvaluationRequest,
  LayerEvaluation,
  LensEvaluation,
} from "../trainingProtocol";
import { bitsPerByte } from "./bitsPerByte";
import { isFiniteRow, lensError, modelSentence } from "./finite";
import { targetsOf } from "./heldOut";
import type { PreparedText } from "./preparedText";
import { readTransfer, transferCells } from "./transfer";

/** What is measured, without who measured it. */
export type Measured = Pick<
  Evaluation,
  "positions" | "sequences" | "bitsPerByte" | "lenses" | "transfer"
>;

/**
 * Lenses on the held-out part of a text, the same positions for each. The output row's own cross entropy
 * and entropy stand in each lens's last row, as what no lens can be expected to go below.
 *
 * @param onProgress cells (a position of a row) that are read, of all
 * @throws PromptError if no lens of a name is open
 * @throws TrainingError if a figure is not finite, with the first layer of which that is so
 * @throws signal.reason if `signal` aborts, between two blocks
 */
export async function evaluate<Hidden>(
  kit: TrainingKit<Hidden>,
  model: Pick<Model, "config">,
  open: Pick<OpenLenses, "find">,
  { summary, heldOut }: Pick<PreparedText, "summary" | "heldOut">,
  request: EvaluationRequest,
  onProgress: (done: number, all: number) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const { nLayers } = model.config;
  const lenses = request.lenses.map(open.find);
  const transferred = request.transferOf === null ? null : open.find(request.transferOf);
  const sequences = chosen(heldOut, request.positions);
  const positions = sequences.reduce((sum, ids) => sum + ids.length, 0);
  const all =
    positions * lenses.reduce((sum, lens) => sum + 1 + layersOf(lens, nLayers).length, 0) +
    (transferred ? transferCells(model.config, sequences) : 0);
  let done = 0;
  const read = async (cells: number) => {
    done += cells;
    onProgress(done, all);
    await nextTask();
    signal.throwIfAborted();
  };

  const sums = lenses.map(() => new Map<Row, Sums>());
  const prompt = kit.open();
  try {
    for (const [at, ids] of sequences.entries()) {
      await prompt.follow([], signal);
      await prompt.follow([...ids], signal);
      for (const [i, lens] of lenses.entries()) {
        const layers = layersOf(lens, nLayers);
        const likeliest = new Int32Array(ids.length);
        let isModelFinite = true;
        for await (const part of readWith(prompt, lens, layers, ids, signal)) {
          const isSound = isFiniteRow(part, ids.length);
          if (part.row === "output") {
            likeliest.set(part.topIds, part.start); // it comes first
            isModelFinite &&= isSound;
          } else if (!isModelFinite || (!isSound && lens.info.kind === "logit")) {
            throw new TrainingError(modelSentence(part.row));
          } else if (!isSound) throw lensError(lens.info.name, part.row);
          const rows = sums[i];
          if (!rows.has(part.row)) rows.set(part.row, createSums(sequences.length));
          rows.get(part.row)!.add(at, part, likeliest);
          await read(part.entropy.length);
        }
      }
    }
    const transfer =
      transferred &&
      (await readTransfer(prompt, model.config, transferred, sequences, read, signal));
    const estimate = createBootstrap(sequences.length, request.seed);
    return {
      positions,
      sequences: sequences.length,
      bitsPerByte: bitsPerByte(summary),
      lenses: lenses.map((lens, i) => evaluated(lens, sums[i], estimate)),
      transfer,
    };
  } finally {
    prompt.dispose();
  }
}

/** Whole sequences, spread over those that are held out; one that is cut where fewer positions are wanted. */
function chosen(heldOut: readonly Int32Array[], most: number | null): readonly Int32Array[] {
  const length = heldOut[0].length;
  if (most === null || most >= heldOut.length * length) return heldOut;
  const count = Math.max(1, Math.floor(most / length));
  return Array.from({ length: count }, (_, i) => {
    const ids = heldOut[Math.floor(((i + 0.5) * heldOut.length) / count)];
    return ids.subarray(0, Math.max(2, Math.min(length, most)));
  });
}

/** The layers that a lens has something for. */
const layersOf = ({ missing }: Lens, nLayers: number) =>
  Array.from({ length: nLayers }, (_, layer) => layer).filter((layer) => !missing.includes(layer));

const readWith = <Hidden>(
  prompt: HiddenPrompt<Hidden>,
  { translators }: Lens,
  layers: readonly number[],
  ids: Int32Array,
  signal: AbortSignal,
) =>
  prompt.read(
    { from: 0, to: ids.length, translators, layers, targets: targetsOf(ids), k: 1 },
    signal,
  );

const names = ["klFromFinal", "crossEntropy", "entropy", "agreement"] as const;
type Name = (typeof names)[number];
type Sums = ReturnType<typeof createSums>;

/** Of one row: each sequence's sums, and how many positions are in them. */
function createSums(sequences: number) {
  const make = () => ({ sums: new Float64Array(sequences), counts: new Float64Array(sequences) });
  const all: Record<Name, ReturnType<typeof make>> = {
    klFromFinal: make(),
    crossEntropy: make(),
    entropy: make(),
    agreement: make(),
  };
  return {
    all,
    /** @param likeliest by position: the output row's likeliest token */
    add(sequence: number, part: RowStatistics, likeliest: Int32Array): void {
      const agreement = part.topIds.map((id, i) => (id === likeliest[part.start + i] ? 1 : 0));
      const values = { ...part, agreement };
      for (const name of names)
        for (const value of values[name]) {
          if (Number.isNaN(value)) continue; // there is no next token
          all[name].sums[sequence] += value;
          ++all[name].counts[sequence];
        }
    },
  };
}

function evaluated(
  { info }: Lens,
  rows: ReadonlyMap<Row, Sums>,
  estimate: Bootstrap,
): LensEvaluation {
  const { name, kind, sha256 } = info;
  const order = [...rows.keys()].sort((a, b) => numberOf(a) - numberOf(b));
  return {
    name,
    kind,
    sha256,
    rows: order.map((row): LayerEvaluation => {
      const { all } = rows.get(row)!;
      const of = (statistic: Name) => estimate(all[statistic].sums, all[statistic].counts);
      return {
        row,
        klFromFinal: of("klFromFinal"),
        crossEntropy: of("crossEntropy"),
        entropy: of("entropy"),
        agreement: of("agreement"),
      };
    }),
  };
}

const numberOf = (row: Row) => (row === "output" ? Number.POSITIVE_INFINITY : row);
