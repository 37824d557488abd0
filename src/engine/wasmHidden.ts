import type { ModelConfig } from "../model/config";
import { capacityFor, type HiddenStates } from "./hiddenStates";

/** Hidden states in plain arrays. */
export function createWasmHidden({
  nLayers,
  dModel,
  contextLength,
}: ModelConfig): HiddenStates<Float32Array> {
  const states = Array.from({ length: nLayers + 1 }, () => new Float32Array(0));
  let capacity = 0;
  return {
    states,
    reserve(positions) {
      const wanted = capacityFor(positions, capacity, contextLength);
      if (wanted === capacity) return;
      for (const [layer, state] of states.entries()) {
        const larger = new Float32Array(wanted * dModel);
        larger.set(state);
        states[layer] = larger;
      }
      capacity = wanted;
    },
    write({ start, embeddings, hidden }) {
      states[0].set(embeddings, start * dModel);
      for (const [i, tensor] of hidden.entries())
        states[i + 1].set(tensor.data as Float32Array, start * dModel);
    },
    dispose() {},
  };
}
