import { normCpu } from "../kernel/norm.cpu";
import { logitsCpu } from "../kernel/unembed.cpu";
import { createArrayPool } from "../lens/arrayPool";
import { createArrayTrainer } from "../lens/arrayTrainer";
import { lensGradient } from "../lens/lensGradient";
import { createMomentAccumulator } from "../lens/moments";
import { newtonSchulz } from "../lens/newtonSchulz";
import { plainSpace } from "../lens/parameterSpace";
import type { TrainingBackend } from "../lens/trainingBackend";
import type { Unembed } from "../lens/unembed";
import { timesTransposed, transposed } from "../math/products";
import { logSoftmax } from "../math/softmax";

/** Training on the CPU, in float64: the definition that the other backends are held to. */
export function createCpuTraining(unembed: Unembed): TrainingBackend<Float32Array> {
  const { vocab, dModel } = unembed;
  return {
    async statesOf({ hidden, positions }, layer) {
      return hidden[layer].slice(0, positions * dModel);
    },
    async finalProbs({ hidden, positions }) {
      const final = hidden[hidden.length - 1].subarray(0, positions * dModel);
      const logits = logitsCpu(unembed, normCpu(unembed.norm, final));
      const mean = new Float64Array(vocab);
      for (let position = 0; position < positions; ++position)
        logSoftmax(logits.subarray(position * vocab, (position + 1) * vocab)).forEach(
          (logProb, v) => {
            mean[v] += Math.exp(logProb) / positions;
          },
        );
      return new Float32Array(mean);
    },
    openPool: (rows) => createArrayPool(rows, dModel),
    openMoments(layers) {
      const sums = createMomentAccumulator(layers, dModel);
      return {
        async add({ hidden, positions }) {
          const columns = hidden.map((h) => transposed(h.subarray(0, positions * dModel), dModel));
          const final = columns[columns.length - 1];
          const ones = new Float64Array(positions).fill(1);
          sums.addCount(positions);
          for (const [layer, h] of columns.entries())
            sums.addSums(layer, timesTransposed(h, ones, positions));
          for (const [index, layer] of layers.entries()) {
            const h = columns[layer];
            sums.addProducts(
              index,
              timesTransposed(h, h, positions),
              timesTransposed(h, final, positions),
            );
          }
        },
        read: async () => sums.read(),
        load: sums.load,
        dispose() {},
      };
    },
    async openTrainer(options) {
      const isWhole = options.settings.parts === "whole";
      return createArrayTrainer<Float32Array>(
        options,
        {
          orthogonalise: newtonSchulz,
          async gradient(sequence, layers, translators, loss, tokens) {
            const gradients = layers.map((layer, i) =>
              lensGradient(unembed, sequence, layer, translators[i], loss, tokens),
            );
            return {
              losses: Float32Array.from(gradients, (gradient) => gradient.loss),
              weights: isWhole ? gradients.map(({ weight }) => weight) : null,
              biases: gradients.map(({ bias }) => bias),
            };
          },
        },
        () => plainSpace(Float64Array),
      );
    },
    dispose() {},
  };
}
