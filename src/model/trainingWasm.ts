import { createArrayPool } from "../lens/arrayPool";
import { createArrayTrainer } from "../lens/arrayTrainer";
import { createMomentAccumulator } from "../lens/moments";
import type { Orthogonalise } from "../lens/newtonSchulz";
import { plainSpace } from "../lens/parameterSpace";
import { lanes, openSimdSpace } from "../lens/simdSpace";
import type { Sequence, TrainingBackend } from "../lens/trainingBackend";
import type { Unembed } from "../lens/unembed";
import { nextTask } from "../math/nextTask";
import { concat, ranges, slice, split } from "./blocks";
import { lazySession } from "./lazySession";
import type { WasmLens } from "./lensWasm";
import type { Runtime } from "./runtime";
import { createWasmGradient } from "./trainingGradient";
import { buildMomentsGraph, buildOrthogonaliseGraph } from "./trainingGraph";

/** Rows of hidden states whose moments are taken in one run. */
const momentRows = 1024;
/** Rows whose final probabilities, as many as the vocabulary has tokens, are there at a time. */
const finalRows = 64;

/**
 * Training on onnxruntime-web's wasm provider. Its sessions are made when they are first wanted, and
 * have no weights to speak of: the unembedding is the lens's, and rows of it are read.
 *
 * @param lens of the same model; the caller owns it
 * @param rowsOf rows of the unembedding, `[ids.length, dModel]`
 */
export function createWasmTraining(
  runtime: Runtime,
  unembed: Omit<Unembed, "unembedding">,
  lens: Pick<WasmLens, "normalise" | "finalExps">,
  rowsOf: (ids: Int32Array) => Float32Array,
): TrainingBackend<Float32Array> {
  const { dModel, vocab } = unembed;
  const [ofBiases, ofWhole] = [false, true].map((isWhole) =>
    createWasmGradient(runtime, unembed, lens, rowsOf, isWhole),
  );
  const momentsSession = lazySession(runtime, () => buildMomentsGraph(dModel));
  const newtonSchulz = lazySession(runtime, () => buildOrthogonaliseGraph(dModel));

  const statesOf = ({ hidden, positions }: Sequence<Float32Array>, layer: number) =>
    hidden[layer].subarray(0, positions * dModel);

  const orthogonalise: Orthogonalise = async (matrix, n) => {
    await nextTask();
    const session = await newtonSchulz.get();
    const feed = runtime.tensor(new Float32Array(matrix), [n, n]);
    const { orthogonal } = await session.run({ matrix: feed });
    matrix.set(orthogonal.data as Float32Array);
    return matrix;
  };

  return {
    async statesOf(sequence, layer) {
      return statesOf(sequence, layer).slice();
    },
    async finalProbs(sequence) {
      const { hidden, positions } = sequence;
      const states = statesOf(sequence, hidden.length - 1);
      const mean = new Float32Array(vocab);
      for (const range of ranges({ start: 0, count: positions }, finalRows)) {
        await nextTask();
        const { exps, logSumExp } = await lens.finalExps(slice(states, range, dModel));
        for (let i = 0; i < range.count; ++i) {
          const factor = Math.exp(-logSumExp[i]) / positions;
          for (let v = 0; v < vocab; ++v) mean[v] += factor * exps[i * vocab + v];
        }
      }
      return mean;
    },
    openPool: (rows) => createArrayPool(rows, dModel),
    openMoments(layers) {
      const sums = createMomentAccumulator(layers, dModel);
      return {
        async add(sequence) {
          const { hidden, positions } = sequence;
          const session = await momentsSession.get();
          const final = runtime.tensor(statesOf(sequence, hidden.length - 1), [positions, dModel]);
          const most = Math.max(1, Math.floor(momentRows / positions));
          for (const { start, count } of ranges({ start: 0, count: layers.length }, most)) {
            await nextTask();
            const group = layers.slice(start, start + count);
            const states = concat(group.map((layer) => statesOf(sequence, layer)));
            const out = await session.run({
              hidden: runtime.tensor(states, [count, positions, dModel]),
              final,
            });
            const squares = split(out.squares.data as Float32Array, count);
            const products = split(out.products.data as Float32Array, count);
            for (const [i, square] of squares.entries())
              sums.addProducts(start + i, square, products[i]);
          }
          for (const layer of hidden.keys())
            sums.addSums(layer, columnSums(statesOf(sequence, layer), dModel));
          sums.addCount(positions);
        },
        read: async () => sums.read(),
        load: sums.load,
        dispose() {},
      };
    },
    async openTrainer(options) {
      const { gradient } = options.settings.parts === "whole" ? ofWhole : ofBiases;
      // Every model's width but a toy's is a whole number of vectors.
      const openSpace = dModel % lanes === 0 ? openSimdSpace : () => plainSpace(Float32Array);
      return createArrayTrainer(options, { gradient, orthogonalise }, openSpace);
    },
    dispose() {
      for (const part of [ofBiases, ofWhole, momentsSession, newtonSchulz]) part.dispose();
    },
  };
}

function columnSums(states: Float32Array, dModel: number): Float64Array {
  const sums = new Float64Array(dModel);
  for (let at = 0; at < states.length; at += dModel)
    for (let i = 0; i < dModel; ++i) sums[i] += states[at + i];
  return sums;
}
