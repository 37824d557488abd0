import type { GradientOf } from "../lens/arrayTrainer";
import type { TokenSubset } from "../lens/trainingBackend";
import type { Translator } from "../lens/translator";
import type { Unembed } from "../lens/unembed";
import { nextTask } from "../math/nextTask";
import { concat, type Range, ranges, slice, split } from "./blocks";
import { lazySession } from "./lazySession";
import type { WasmLens } from "./lensWasm";
import type { Runtime, Tensors } from "./runtime";
import { buildBackwardGraph, buildGradientGraph, buildMeanRowsGraph } from "./trainingGraph";

/**
 * Logits of a block, 4 MB and as many of their probabilities: enough rows that packing the tokens for a
 * product costs little, few enough that they stay near the cache, and that a run ends after a tenth of a
 * second on two cores.
 */
const blockLogits = 2 ** 20;
/** Tokens of a tile of the whole vocabulary. */
const tileTokens = 4096;
/** Rows of a block where there are no logits. */
const blockRows = 1024;

/** Tokens that a distribution is over. */
type Tokens = {
  /** `[tokens, dModel]`: rows of the unembedding. */
  readonly rows: Float32Array;
  /** `[tokens]`: added to the logits. */
  readonly offsets: Float32Array;
};

/** What the distributions of some states come to. */
type Means = {
  /** `[states, dModel]`: the mean row of the unembedding. */
  readonly mean: Float32Array;
  /** `[states]`. */
  readonly logSumExp: Float32Array;
};

/** What the states of a sequence are to become. */
type Aim = {
  /** `[positions, dModel]`: the mean row of the output row, or the row of the next token. */
  readonly rows: Float32Array;
  /** `[positions]`: the loss is a state's `logSumExp − rows · normed` less this. */
  readonly base: Float32Array;
  /** `[positions]`: what each counts for in the mean. */
  readonly scale: Float32Array;
};

/**
 * Losses and gradients of a sequence on onnxruntime-web's wasm provider, several layers a run.
 *
 * @param rowsOf rows of the unembedding, `[ids.length, dModel]`
 * @param isWhole false: only of the biases
 */
export function createWasmGradient(
  runtime: Runtime,
  unembed: Omit<Unembed, "unembedding">,
  lens: Pick<WasmLens, "normalise">,
  rowsOf: (ids: Int32Array) => Float32Array,
  isWhole: boolean,
): { readonly gradient: GradientOf<Float32Array>; dispose(): void } {
  const { dModel, vocab, norm, bias } = unembed;
  const shape = { norm, dModel, isWhole };
  const ofTokens = lazySession(runtime, () => buildGradientGraph(shape));
  const ofMeans = lazySession(runtime, () => buildBackwardGraph(shape));
  const meanRows = lazySession(runtime, () => buildMeanRowsGraph(dModel));

  function readTokens(ids: Int32Array, logWeights: Float32Array | null): Tokens {
    const offsets = Float32Array.from(ids, (id, i) => (bias?.[id] ?? 0) + (logWeights?.[i] ?? 0));
    return { rows: rowsOf(ids), offsets };
  }

  const feedsOf = ({ rows, offsets }: Tokens): Tensors => ({
    rows: runtime.tensor(rows, [offsets.length, dModel]),
    offsets: runtime.tensor(offsets, [offsets.length]),
  });

  /** @param normed `[states, dModel]` */
  async function meansOf(normed: Float32Array, tokens: Tokens): Promise<Means> {
    const session = await meanRows.get();
    const dims = [1, normed.length / dModel, dModel];
    const out = await session.run({ normed: runtime.tensor(normed, dims), ...feedsOf(tokens) });
    return { mean: out.mean.data as Float32Array, logSumExp: out.logSumExp.data as Float32Array };
  }

  /** Over the whole vocabulary, tile by tile: no more than a block of logits is ever there. */
  async function meansOfAll(normed: Float32Array): Promise<Means> {
    const states = { start: 0, count: normed.length / dModel };
    const all = {
      mean: new Float32Array(normed.length),
      logSumExp: new Float32Array(states.count).fill(Number.NEGATIVE_INFINITY),
    };
    for (const { start, count } of ranges({ start: 0, count: vocab }, tileTokens)) {
      const ids = Int32Array.from({ length: count }, (_, i) => start + i);
      const tokens = readTokens(ids, null);
      for (const block of ranges(states, Math.max(1, Math.floor(blockLogits / count)))) {
        await nextTask();
        mergeMeans(all, block, await meansOf(slice(normed, block, dModel), tokens), dModel);
      }
    }
    return all;
  }

  /** @param normed `[positions, dModel]`, of the output row */
  function aimAtFinal(normed: Float32Array, { mean, logSumExp }: Means): Aim {
    const positions = logSumExp.length;
    const base = logSumExp.map((lse, position) => {
      let product = 0;
      for (let i = position * dModel; i < (position + 1) * dModel; ++i)
        product += mean[i] * normed[i];
      return lse - product;
    });
    return { rows: mean, base, scale: new Float32Array(positions).fill(1 / positions) };
  }

  /** @param tokens null: the whole vocabulary */
  function aimAtTargets(targets: Int32Array, tokens: TokenSubset | null): Aim {
    const counted = targets.reduce((count, target) => count + Number(target >= 0), 0);
    return {
      rows: rowsOf(targets.map((target) => Math.max(0, target))),
      base: Float32Array.from(targets, (target) => {
        const logWeight = tokens?.logWeights[tokens.ids.indexOf(target)] ?? 0;
        return target < 0 ? 0 : (bias?.[target] ?? 0) + logWeight;
      }),
      scale: Float32Array.from(targets, (target) => (target < 0 ? 0 : 1 / counted)),
    };
  }

  return {
    async gradient({ hidden, positions, targets }, layers, translators, loss, tokens) {
      const statesOf = (layer: number) => hidden[layer].subarray(0, positions * dModel);
      const final = await lens.normalise(statesOf(hidden.length - 1), null);
      const subset = tokens && readTokens(tokens.ids, tokens.logWeights);
      /** Of the output row, then of each layer; null where a run finds its own. */
      let means: Means | null = null;
      if (!subset) {
        const normed = [final];
        for (const [i, layer] of layers.entries())
          normed.push(await lens.normalise(statesOf(layer), translators[i] as Translator));
        means = await meansOfAll(concat(normed));
      }
      const aim =
        loss === "crossEntropy"
          ? aimAtTargets(targets.subarray(0, positions), tokens)
          : aimAtFinal(final, subset ? await meansOf(final, subset) : rowOf(means!, 0, 1));

      const losses = new Float32Array(layers.length);
      const weights: Float32Array[] = [];
      const biases: Float32Array[] = [];
      const most = (tokens ? blockLogits / tokens.ids.length : blockRows) / positions;
      for (const range of ranges(
        { start: 0, count: layers.length },
        Math.max(1, Math.floor(most)),
      )) {
        await nextTask();
        const { start, count } = range;
        const group = layers.slice(start, start + count);
        const parts = translators.slice(start, start + count);
        const states = [count, positions, dModel];
        const session = await (subset ? ofTokens : ofMeans).get();
        const ownMeans = means && rowOf(means, 1 + start, count);
        const out = await session.run({
          hidden: runtime.tensor(concat(group.map(statesOf)), states),
          weight: runtime.tensor(concat(parts.map(({ weight }) => weight)), [
            count,
            dModel,
            dModel,
          ]),
          bias: runtime.tensor(concat(parts.map(({ bias }) => bias)), [count, 1, dModel]),
          aim: runtime.tensor(aim.rows, [positions, dModel]),
          scale: runtime.tensor(aim.scale, [positions, 1]),
          ...(ownMeans ? { mean: runtime.tensor(ownMeans.mean, states) } : feedsOf(subset!)),
        });
        const logSumExp = ownMeans?.logSumExp ?? (out.logSumExp.data as Float32Array);
        losses.set(lossesOf(logSumExp, out.aimLogits.data as Float32Array, aim), start);
        biases.push(...split(out.biasGradient.data as Float32Array, count));
        if (isWhole) weights.push(...split(out.weightGradient.data as Float32Array, count));
      }
      return { losses, weights: isWhole ? weights : null, biases };

      /** The means of some layers, where the output row comes first. */
      function rowOf({ mean, logSumExp }: Means, start: number, count: number): Means {
        return {
          mean: slice(mean, { start, count }, positions * dModel),
          logSumExp: slice(logSumExp, { start, count }, positions),
        };
      }
    },
    dispose() {
      for (const session of [ofTokens, ofMeans, meanRows]) session.dispose();
    },
  };
}

/** Merges the means over a tile, of some of the states, into those over the tiles before it. */
function mergeMeans(all: Means, { start, count }: Range, tile: Means, dModel: number): void {
  for (let i = 0; i < count; ++i) {
    const [before, here] = [all.logSumExp[start + i], tile.logSumExp[i]];
    const highest = Math.max(before, here);
    const sum = highest + Math.log(Math.exp(before - highest) + Math.exp(here - highest));
    const [kept, added] = [Math.exp(before - sum), Math.exp(here - sum)];
    const at = (start + i) * dModel;
    for (let d = 0; d < dModel; ++d)
      all.mean[at + d] = kept * all.mean[at + d] + added * tile.mean[i * dModel + d];
    all.logSumExp[start + i] = sum;
  }
}

/** The mean loss of each layer of a block, from `logSumExp` and `aimLogits`, `[layers, positions]`. */
function lossesOf(logSumExp: Float32Array, aimLogits: Float32Array, { base, scale }: Aim) {
  const positions = base.length;
  return Float32Array.from({ length: logSumExp.length / positions }, (_, layer) => {
    let loss = 0;
    for (let position = 0; position < positions; ++position) {
      const at = layer * positions + position;
      loss += scale[position] * (logSumExp[at] - aimLogits[at] - base[position]);
    }
    return loss;
  });
}
