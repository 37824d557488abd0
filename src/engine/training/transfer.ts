import type { ModelConfig } from "../../model/config";
import type { Lens } from "../openLenses";
import type { HiddenPrompt } from "../reader";
import type { Evaluation } from "../trainingProtocol";
import { targetsOf } from "./heldOut";

/** Multiplications and additions that a matrix may take: some 65 seconds on wasm with two cores. */
const maxOperations = 2.6e12;
/** More positions than that change the second digit of a mean by little. */
const maxPositions = 512;
/** They are taken from so many sequences. */
const maxSequences = 4;

type Size = Pick<ModelConfig, "nLayers" | "dModel" | "vocab">;

/** The same number of positions from the middle of each of a few sequences. */
function partsOf(sequences: readonly Int32Array[], { nLayers, dModel, vocab }: Size) {
  const positionOperations = 2 * nLayers * (nLayers + 1) * vocab * dModel;
  const fitting = Math.min(maxPositions, Math.floor(maxOperations / positionOperations));
  const count = Math.max(1, Math.min(maxSequences, sequences.length, fitting));
  return Array.from({ length: count }, (_, i) => {
    const ids = sequences[Math.floor(((i + 0.5) * sequences.length) / count)];
    const each = Math.max(1, Math.min(Math.floor(fitting / count), ids.length));
    const from = Math.floor((ids.length - each) / 2);
    return { ids, from, to: from + each };
  });
}

/** Cells (a position of a row) that the matrix takes. */
export const transferCells = (size: Size, sequences: readonly Int32Array[]): number =>
  size.nLayers * (size.nLayers + 1) * positionsIn(partsOf(sequences, size));

const positionsIn = (parts: ReturnType<typeof partsOf>) =>
  parts.reduce((sum, { from, to }) => sum + to - from, 0);

/**
 * The layer-transfer matrix of a lens: KL(final ‖ translator `j` on `h_i`) in nats, `[i][j]`, over as many
 * positions as can be read in a minute or so, 512 at most. Its diagonal is what the lens itself says. A translator that
 * the lens does not have has a column of NaN.
 *
 * Belrose et al. 2023, "Eliciting Latent Predictions from Transformers with the Tuned Lens", section 4.2.
 *
 * @param read is awaited after each part, with its cells
 */
export async function readTransfer<Hidden>(
  prompt: HiddenPrompt<Hidden>,
  size: Size,
  { info, translators, missing }: Lens,
  sequences: readonly Int32Array[],
  read: (cells: number) => Promise<void>,
  signal: AbortSignal,
): Promise<NonNullable<Evaluation["transfer"]>> {
  const layers = Array.from({ length: size.nLayers }, (_, layer) => layer);
  const sums = layers.map(() => new Float64Array(size.nLayers));
  const parts = partsOf(sequences, size);
  const positions = positionsIn(parts);
  for (const { ids, from, to } of parts) {
    await prompt.follow([], signal);
    await prompt.follow([...ids.subarray(0, to)], signal);
    const where = { from, to, targets: targetsOf(ids), k: 1, layers };
    for (const j of layers) {
      if (missing.includes(j)) {
        for (const row of sums) row[j] = Number.NaN;
        await read((1 + layers.length) * (to - from));
        continue;
      }
      const everywhere = layers.map(() => translators[j]);
      for await (const part of prompt.read({ ...where, translators: everywhere }, signal)) {
        if (part.row !== "output") for (const kl of part.klFromFinal) sums[part.row][j] += kl;
        await read(part.klFromFinal.length);
      }
    }
  }
  return {
    lens: info.name,
    klFromFinal: sums.map((row) => Array.from(row, (sum) => sum / positions)),
    positions,
  };
}
