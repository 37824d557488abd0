import type { Tensor } from "onnxruntime-web";

import { cacheNames, shared } from "./architecture/layers";
import type { ModelConfig } from "./config";
import { disposeAll, embed, lanesTensor, noPast, presentOf, type Stage } from "./forwardContext";
import type { Runtime, Tensors } from "./runtime";
import type { Weights } from "./weights";

/** Texts of one length that grow together, a token each at a time. */
export type ForwardLockstep = {
  /**
   * @param ids a token for each text
   * @returns `h_L` of those tokens, `[lanes, dModel]`, on the provider's side; the caller disposes it
   */
  next(ids: readonly number[]): Promise<Tensor>;
  dispose(): void;
};

/**
 * Several texts through a prompt's blocks, one token of each at a time. A token costs a third of what it
 * costs alone, since the weights are read from memory once for all of them.
 */
export function openLockstep(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  stages: readonly Stage[],
  lanes: number,
): ForwardLockstep {
  const pasts = stages.map(({ layers }) => noPast(runtime, config, layers, lanes));
  let position = 0;

  /** All are at the same position, and each sees all of its own. */
  const whereabouts = (): Tensors => ({
    [shared.mask]: runtime.tensor(new Float32Array(position + 1), [1, position + 1]),
    [shared.lanes]: lanesTensor(runtime, config, lanes),
    ...(config.rotary && {
      [shared.positionIds]: runtime.tensor(new BigInt64Array(lanes).fill(BigInt(position)), [
        lanes,
        1,
      ]),
    }),
  });

  return {
    async next(ids) {
      const where = whereabouts();
      const embedded = embed(config, weights, ids, () => position);
      let hidden = runtime.tensor(embedded, [lanes, config.dModel]);
      for (const [i, { session, input, outputs, layers }] of stages.entries()) {
        const last = outputs[outputs.length - 1];
        const presents = layers.flatMap((layer) => cacheNames(layer).present);
        const fed = { ...pasts[i], [input]: hidden, ...where };
        const out = await session.run(fed, [last, ...presents]);
        hidden.dispose();
        hidden = out[last];
        disposeAll(pasts[i]);
        pasts[i] = presentOf(layers, out);
      }
      ++position;
      return hidden;
    },
    dispose() {
      for (const past of pasts) disposeAll(past);
    },
  };
}
