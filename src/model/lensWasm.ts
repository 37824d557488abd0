import type { LensBackend, LensRequest, Row, RowStatistics } from "../lens/backend";
import type { Translator } from "../lens/translator";
import type { Unembed } from "../lens/unembed";
import { nextTask } from "../math/nextTask";
import { concat, type Range, ranges, slice, within } from "./blocks";
import { buildTranslateGraph, buildUnembedGraph } from "./lensGraph";
import type { Runtime, Session } from "./runtime";

/** Rows of a product: enough to keep its threads busy, few enough that the logits stay near the cache. */
const blockRows = 64;
/** Positions of a block of several layers; their final probabilities are copied in with each block. */
const blockPositions = 16;
/** Positions read before the next ones are begun: bounds what is kept of the final distributions. */
const columnPositions = 256;
/** Below this a float32 is on its way to zero, and its logarithm is taken the long way. */
const leastExp = 1e-30;

/** What is left of the logits of some rows; logits are from the row's likeliest down. */
type Reduced = {
  /** The likeliest token's logit, as it is. */
  readonly highest: Float32Array;
  /** In `[0, ln vocab]`. */
  readonly logSumExp: Float32Array;
  readonly entropy: Float32Array;
  /** Σ p z, p the final distribution; null in the output row. */
  readonly finalMean: Float32Array | null;
  /** `[rows, 2]`: of the next token, and of the token that is likeliest in the output row. */
  readonly wantedLogits: Float32Array;
  /** How many logits are above the next token's. */
  readonly above: Int32Array;
  readonly topIds: Int32Array;
  readonly topLogProbs: Float32Array;
};

/** The output row at some positions: what the other rows are held against. */
type Final = Range & {
  /** `[count, dModel]`. */
  readonly normed: Float32Array;
  /** `[count, vocab]`: the distribution times its `exp(logSumExp)`. */
  readonly exps: Float32Array;
  readonly highest: Float32Array;
  readonly logSumExp: Float32Array;
  readonly entropy: Float32Array;
  /** `[count]`: the likeliest tokens. */
  readonly topIds: Int32Array;
};

/** The lens, and what training shares of its sessions: `W_U` is 113 MB of the bundled model. */
export type WasmLens = LensBackend<Float32Array> & {
  /**
   * States ready to be unembedded, `[positions, dModel]`.
   *
   * @param translator null: as they are
   */
  normalise(states: Float32Array, translator: Translator | null): Promise<Float32Array>;
  /**
   * The output row's distributions: `exps` `[positions, vocab]` are their probabilities times e to the
   * power of `logSumExp` `[positions]`.
   *
   * @param states `h_L`, `[positions, dModel]`, at most 64 of them
   */
  finalExps(states: Float32Array): Promise<{ exps: Float32Array; logSumExp: Float32Array }>;
};

/**
 * The lens on onnxruntime-web's wasm provider.
 *
 * @param unembed may be let go afterwards: the session keeps a copy of its own
 * @param rowOf a token's row of the unembedding, `[dModel]`, for the few logits that are wanted alone
 */
export async function createWasmLens(
  runtime: Runtime,
  unembed: Unembed,
  rowOf: (id: number) => Float32Array,
): Promise<WasmLens> {
  const { dModel, vocab, norm, bias } = unembed;
  const plain = await runtime.session(buildTranslateGraph(norm, dModel, false));
  const translated = await runtime.session(buildTranslateGraph(norm, dModel, true));
  let product: Session;
  try {
    product = await runtime.session(buildUnembedGraph(unembed));
  } catch (error) {
    await Promise.all([plain.dispose(), translated.dispose()]); // the large one did not fit
    throw error;
  }

  async function normalise(
    states: Float32Array,
    translator: Translator | null,
  ): Promise<Float32Array> {
    const input = { hidden: runtime.tensor(states, [states.length / dModel, dModel]) };
    const { normed } = translator
      ? await translated.run({
          ...input,
          weight: runtime.tensor(translator.weight, [dModel, dModel]),
          bias: runtime.tensor(translator.bias, [dModel]),
        })
      : await plain.run(input);
    return normed.data as Float32Array;
  }

  /** A row of a request ready to be unembedded, `[count, dModel]`. */
  function normaliseRow(
    { hidden, translators }: LensRequest<Float32Array>,
    row: Row,
    range: Range,
  ): Promise<Float32Array> {
    const states = slice(hidden[row === "output" ? hidden.length - 1 : row], range, dModel);
    return normalise(states, row === "output" ? null : translators[row]);
  }

  /**
   * @param normed `[layers, positions, dModel]`, layers of the same positions
   * @param final of those positions; null where `normed` is the output row, whose `exps` come back
   *   then, `[positions, vocab]`
   */
  async function reduce(
    normed: readonly Float32Array[],
    targets: Int32Array,
    k: number,
    final: Final | null,
  ): Promise<Reduced & { exps: Float32Array | null }> {
    const layers = normed.length;
    const positions = targets.length;
    const finalExps = final?.exps ?? new Float32Array(vocab);
    const wanted = BigInt64Array.from({ length: layers * positions * 2 }, (_, i) => {
      const position = (i >> 1) % positions;
      return BigInt(i % 2 ? (final?.topIds[position] ?? 0) : Math.max(0, targets[position]));
    });
    const names = ["topLogits", "topIds", "sum", "ownSum", "wantedLogits", "above"];
    const out = await product.run(
      {
        normed: runtime.tensor(concat(normed), [layers, positions, dModel]),
        finalExps: runtime.tensor(finalExps, [finalExps.length / vocab, vocab]),
        wanted: runtime.tensor(wanted, [layers, positions, 2]),
        k: runtime.tensor(BigInt64Array.of(BigInt(k)), [1]),
      },
      [...names, final ? "finalSum" : "exps"],
    );
    const topLogits = out.topLogits.data as Float32Array;
    const sum = out.sum.data as Float32Array;
    const ownSum = out.ownSum.data as Float32Array;
    const logSumExp = sum.map(Math.log);
    const highest = topLogits.filter((_, i) => i % k === 0);
    return {
      highest,
      logSumExp,
      entropy: logSumExp.map((lse, i) => Math.max(0, lse - ownSum[i] / sum[i])),
      finalMean:
        final &&
        (out.finalSum.data as Float32Array).map((sum, i) => {
          return sum * Math.exp(-final.logSumExp[i % positions]);
        }),
      wantedLogits: out.wantedLogits.data as Float32Array,
      above: out.above.data as Int32Array,
      topIds: Int32Array.from(out.topIds.data as BigInt64Array, Number),
      topLogProbs: topLogits.map((z, i) => {
        const row = Math.floor(i / k);
        return z - highest[row] - logSumExp[row];
      }),
      exps: final ? null : (out.exps.data as Float32Array),
    };
  }

  function finalLogProb(final: Final, position: number, id: number): number {
    const exp = final.exps[position * vocab + id];
    if (exp > leastExp) return Math.log(exp) - final.logSumExp[position];
    const row = rowOf(id);
    let logit = bias ? bias[id] : 0;
    for (let d = 0; d < dModel; ++d) logit += final.normed[position * dModel + d] * row[d];
    return logit - final.highest[position] - final.logSumExp[position];
  }

  /** One row of a block: the `layer`th of those that were reduced together. */
  function statistics(
    row: Row,
    reduced: Reduced,
    layer: number,
    targets: Int32Array,
    k: number,
    final: Final,
  ): RowStatistics {
    const here = { start: layer * final.count, count: final.count };
    const logSumExp = slice(reduced.logSumExp, here);
    const above = slice(reduced.above, here);
    const wantedLogits = slice(reduced.wantedLogits, here, 2);
    const topIds = slice(reduced.topIds, here, k);
    const topLogProbs = slice(reduced.topLogProbs, here, k);
    const finalMean = reduced.finalMean && slice(reduced.finalMean, here);
    const hasNext = (i: number) => targets[i] >= 0;
    return {
      row,
      start: final.start,
      entropy: slice(reduced.entropy, here),
      klFromFinal: logSumExp.map((lse, i) =>
        finalMean ? Math.max(0, lse - finalMean[i] - final.entropy[i]) : 0,
      ),
      maxProb: logSumExp.map((lse) => Math.exp(-lse)),
      crossEntropy: logSumExp.map((lse, i) =>
        hasNext(i) ? lse - wantedLogits[2 * i] : Number.NaN,
      ),
      rank: logSumExp.map((_, i) => (hasNext(i) ? 1 + above[i] : Number.NaN)),
      finalTopLogProb: finalMean
        ? logSumExp.map((lse, i) => wantedLogits[2 * i + 1] - lse)
        : logSumExp.map((_, i) => topLogProbs[i * k]),
      topIds,
      topLogProbs,
      topFinalLogProbs: finalMean
        ? topLogProbs.map((_, i) => finalLogProb(final, Math.floor(i / k), topIds[i]))
        : topLogProbs,
    };
  }

  return {
    async *read(request, signal) {
      const { from, to, layers, k } = request;
      for (const column of ranges({ start: from, count: to - from }, columnPositions)) {
        const output = await normaliseRow(request, "output", column);
        const finals: Final[] = [];
        for (const range of ranges(column, blockRows)) {
          await nextTask();
          signal?.throwIfAborted();
          const normed = slice(output, within(range, column), dModel);
          const targets = slice(request.targets, range);
          const reduced = await reduce([normed], targets, k, null);
          const final = finalOf(range, normed, reduced, k);
          yield statistics("output", reduced, 0, targets, k, final);
          for (const part of ranges(range, blockPositions)) {
            finals.push(partOf(final, part, dModel, vocab));
          }
        }

        const layersPerBlock = Math.floor(blockRows / Math.min(column.count, blockPositions));
        for (let at = 0; at < layers.length; at += layersPerBlock) {
          const group = layers.slice(at, at + layersPerBlock);
          const normed: Float32Array[] = [];
          for (const layer of group) normed.push(await normaliseRow(request, layer, column));
          for (const final of finals) {
            await nextTask();
            signal?.throwIfAborted();
            const block = normed.map((rows) => slice(rows, within(final, column), dModel));
            const targets = slice(request.targets, final);
            const reduced = await reduce(block, targets, k, final);
            for (const [i, layer] of group.entries()) {
              yield statistics(layer, reduced, i, targets, k, final);
            }
          }
        }
      }
    },
    normalise,
    async finalExps(states) {
      const noTargets = new Int32Array(states.length / dModel).fill(-1);
      const { exps, logSumExp } = await reduce([await normalise(states, null)], noTargets, 1, null);
      return { exps: exps!, logSumExp };
    },
    dispose() {
      for (const session of [plain, translated, product]) void session.dispose();
    },
  };
}

function finalOf(
  range: Range,
  normed: Float32Array,
  { exps, highest, logSumExp, entropy, topIds }: Reduced & { exps: Float32Array | null },
  k: number,
): Final {
  const likeliest = topIds.filter((_, i) => i % k === 0);
  return { ...range, normed, exps: exps!, highest, logSumExp, entropy, topIds: likeliest };
}

function partOf(final: Final, part: Range, dModel: number, vocab: number): Final {
  const here = within(part, final);
  return {
    ...part,
    normed: slice(final.normed, here, dModel),
    exps: slice(final.exps, here, vocab),
    highest: slice(final.highest, here),
    logSumExp: slice(final.logSumExp, here),
    entropy: slice(final.entropy, here),
    topIds: slice(final.topIds, here),
  };
}
