import { createPace } from "../gpu/pace";
import { readTensors } from "../gpu/read";
import { createScratch } from "../gpu/scratch";
import { type GpuTensor, reshaped, upload } from "../gpu/tensor";
import type { TokenSubset, TrainingBackend } from "../lens/trainingBackend";
import { finalProbsGpu } from "./finalProbsGpu";
import type { GpuUnembed } from "./lensGpu";
import { openGpuMoments } from "./momentsGpu";
import { openGpuPool } from "./poolGpu";
import type { GpuTokens } from "./sumTokens";
import { createGpuTrainer, type GpuTrainingSizes } from "./trainerGpu";

const defaultSizes: GpuTrainingSizes = { groupBytes: 2 ** 26, maxStates: 2 ** 24 };

/**
 * Training on the GPU, in float32: hidden states, parameters and gradients stay there, and what comes
 * back is losses, norms, and what is saved.
 *
 * @param unembed the lens's, which owns it
 */
export function createGpuTraining(
  device: GPUDevice,
  unembed: GpuUnembed,
  sizes = defaultSizes,
): TrainingBackend<GpuTensor> {
  const pace = createPace(device);
  const scratch = createScratch(device);
  const { vocab, dModel } = unembed;
  let whole: GpuTokens | null = null;
  /** The last call of `finalProbs`: they share the scratch, so they take turns. */
  let turn: Promise<unknown> = Promise.resolve();

  const uploadTokens = (ids: Int32Array, logWeights: Float32Array): GpuTokens => ({
    ids: upload(device, [ids.length], ids, "tokens"),
    added: upload(device, [ids.length], logWeights, "log weights"),
  });
  const free = (tokens: GpuTokens | null) => {
    tokens?.ids.buffer.destroy();
    tokens?.added.buffer.destroy();
  };
  function tokensOf(subset: TokenSubset | null) {
    if (subset) {
      const tokens = uploadTokens(subset.ids, subset.logWeights);
      return { tokens, free: () => free(tokens) };
    }
    whole ??= uploadTokens(
      Int32Array.from({ length: vocab }, (_, id) => id),
      new Float32Array(vocab),
    );
    return { tokens: whole, free() {} };
  }

  return {
    async statesOf({ hidden, positions }, layer) {
      const [states] = await readTensors(device, [reshaped(hidden[layer], [positions, dModel])]);
      return states;
    },
    finalProbs({ hidden, positions }) {
      const final = hidden[hidden.length - 1];
      const take = () => finalProbsGpu(device, pace, unembed, final, positions, scratch);
      const probs = turn.then(take, take);
      turn = probs;
      return probs;
    },
    openPool: (rows) => openGpuPool(device, rows, dModel),
    openMoments: (layers) => openGpuMoments(device, pace, dModel, layers, sizes.groupBytes),
    openTrainer: async (options) =>
      createGpuTrainer(device, pace, unembed, options, sizes, tokensOf),
    dispose() {
      free(whole);
      scratch.dispose();
    },
  };
}
