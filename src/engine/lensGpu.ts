import { invariant, ShapeError } from "../errors";
import { createPace } from "../gpu/pace";
import { createTensor, type GpuTensor, recordReadback, upload } from "../gpu/tensor";
import { mergeTiles } from "../kernel/mergeTiles";
import { type GpuNorm, norm, uploadNorm } from "../kernel/norm";
import { tokenLogits } from "../kernel/tokenLogits";
import { topK } from "../kernel/topK";
import { translate } from "../kernel/translate";
import { blockPositions, createTileStatistics, unembed as sweep } from "../kernel/unembed";
import {
  type GpuUnembedding,
  stripTokens,
  tileTokens,
  uploadUnembedding,
} from "../kernel/unembedding";
import type { LensBackend, LensRequest, Row, RowStatistics } from "../lens/backend";
import type { Translator } from "../lens/translator";
import type { Unembed } from "../lens/unembed";
import { createGpuTranslators } from "./gpuTranslators";
import { emptyStatistics } from "./rowStatistics";

/** Some positions of some rows, read at once; the output row is the first of them. */
type Block = {
  readonly rows: readonly Row[];
  readonly first: number;
  readonly count: number;
  /** The likeliest token of the output row by position; null while it is being read. */
  readonly finalTop: Int32Array | null;
};

/** Final norm and unembedding on the GPU. */
export type GpuUnembed = {
  readonly vocab: number;
  readonly dModel: number;
  readonly norm: GpuNorm;
  readonly weights: GpuUnembedding;
};

export type GpuLens = LensBackend<GpuTensor> & {
  /** What it reads with, for whoever else needs it; freed with the lens. */
  readonly unembed: GpuUnembed;
  /** Frees those of these that are on the GPU: at once, or where the last read that uses them ends. */
  forget(translators: readonly (Translator | null)[]): void;
};

/**
 * The lens on the GPU. `W_U` is uploaded here, a translator when it is first read with; a read with
 * other translators frees those of the last one. Several reads may be under way: what one of them uses
 * stays until it ends.
 *
 * Layers are read in groups, each together with the output row, so that KL is summed from both rows'
 * logits while they are at hand. Nothing of size vocab is kept.
 *
 * @throws DeviceLimitError if a few rows of `W_U` are larger than this device binds
 */
export function createGpuLens(device: GPUDevice, unembed: Unembed): GpuLens {
  const { vocab, dModel } = unembed;
  const weights = uploadUnembedding(device, unembed);
  const finalNorm = uploadNorm(device, unembed.norm);
  const allTokens = upload(device, [1], Int32Array.of(0), "all tokens");
  const translators = createGpuTranslators(device);
  const pace = createPace(device);
  const tiles = Math.ceil(vocab / tileTokens);

  async function readBlock(
    request: LensRequest<GpuTensor>,
    { rows, first, count, finalTop }: Block,
    signal?: AbortSignal,
  ): Promise<RowStatistics[]> {
    signal?.throwIfAborted();
    const { hidden, k } = request;
    const members = rows.length;
    const temporary: GpuTensor[] = [];
    const keep = <T extends GpuTensor>(tensor: T) => {
      temporary.push(tensor);
      return tensor;
    };
    const putIds = (ids: Int32Array, label: string) =>
      keep(upload(device, [count, 1], ids.subarray(first, first + count), label));
    let encoder = device.createCommandEncoder({ label: "lens" });
    try {
      const normed = keep(createTensor(device, [count, members, weights.width], "normed"));
      for (const [member, row] of rows.entries()) {
        const h = hidden[row === "output" ? hidden.length - 1 : row];
        const translator = row === "output" ? null : request.translators[row];
        if (translator) {
          const uploaded = translators.get(translator);
          const translated = keep(translate(device, encoder, uploaded, h, { first, count }));
          norm(device, encoder, finalNorm, translated, normed, { first: 0, member });
        } else {
          norm(device, encoder, finalNorm, h, normed, { first, member });
        }
      }
      const logitsOf = (ids: GpuTensor, options?: Parameters<typeof tokenLogits>[5]) =>
        keep(tokenLogits(device, encoder, weights, normed, ids, options));
      const targets = putIds(request.targets, "targets");
      const targetLogits = logitsOf(targets);
      const finalTopLogits = finalTop && logitsOf(putIds(finalTop, "final top"));

      const statistics = createTileStatistics(device, count, members, vocab);
      keep(statistics.stripMaxima);
      keep(statistics.tileSums);
      const blocks = Math.ceil(count / blockPositions(members));
      const tileOperations = blocks * 64 * tileTokens * weights.width * 2;
      let from = 0;
      let held = members * count * dModel * dModel * 2;
      for (;;) {
        const fitting = Math.max(1, Math.floor((pace.operations() - held) / tileOperations));
        const to = Math.min(from + fitting, tiles);
        sweep(device, encoder, weights, normed, { targets, targetLogits }, statistics, {
          from,
          to,
        });
        held += (to - from) * tileOperations;
        from = to;
        if (from === tiles) break;
        await pace.submit(encoder, held);
        signal?.throwIfAborted();
        encoder = device.createCommandEncoder({ label: "lens" });
        held = 0;
      }

      // The k largest logits lie in the k strips of the largest maxima (of equals the lower strip,
      // whose ids are lower): those are computed again.
      const merged = keep(mergeTiles(device, encoder, statistics));
      const { stripMaxima } = statistics;
      const named = { runs: allTokens, run: stripMaxima.shape[2] };
      const nStrips = Math.min(k, Math.ceil(vocab / stripTokens));
      const strips = topK(device, encoder, stripMaxima, named, nStrips);
      keep(strips.best);
      const candidates = logitsOf(keep(strips.ids), { run: stripTokens });
      const top = topK(device, encoder, candidates, { runs: strips.ids, run: stripTokens }, k);
      keep(top.best);
      const topFinalLogits = logitsOf(keep(top.ids), { hiddenOf: "first" });

      const results = [merged, targetLogits, top.ids, top.best, topFinalLogits];
      const readback = recordReadback(device, encoder, [
        ...results,
        ...(finalTopLogits ? [finalTopLogits] : []),
      ]);
      try {
        await pace.submit(encoder, held);
        const [m, t, ids, best, finals, finalTops] = await readback.read();
        return rows.map((_, member) =>
          rowStatistics(request, { rows, first, count, finalTop }, member, {
            merged: new Float32Array(m),
            targetLogits: new Float32Array(t),
            topIds: new Int32Array(ids),
            topLogits: new Float32Array(best),
            topFinalLogits: new Float32Array(finals),
            finalTopLogits: finalTops ? new Float32Array(finalTops) : null,
          }),
        );
      } finally {
        readback.destroy();
      }
    } finally {
      destroy(...temporary);
    }
  }

  return {
    unembed: { vocab, dModel, norm: finalNorm, weights },
    async *read(request, signal) {
      check(request, vocab, dModel);
      const letGo = translators.hold(request.translators);
      try {
        const { from, to, layers, k } = request;
        const finalTop = new Int32Array(to);
        for (const range of ranges(from, to, 1, tiles)) {
          const [output] = await readBlock(
            request,
            { rows: ["output"], ...range, finalTop: null },
            signal,
          );
          for (let i = 0; i < range.count; ++i) finalTop[range.first + i] = output.topIds[i * k];
          yield output;
        }
        const size = groupSize(layers.length, to - from);
        for (let start = 0; start < layers.length; start += size) {
          const rows = ["output", ...layers.slice(start, start + size)] as const;
          for (const range of ranges(from, to, rows.length, tiles)) {
            const [, ...read] = await readBlock(request, { rows, ...range, finalTop }, signal);
            yield* read;
          }
        }
      } finally {
        letGo();
      }
    },
    forget: translators.forget,
    dispose() {
      destroy(weights.bias, finalNorm.weight, finalNorm.bias, allTokens);
      destroy(...weights.ranges.map(({ weight }) => weight));
      translators.dispose();
    },
  };
}

const destroy = (...tensors: GpuTensor[]) => {
  for (const { buffer } of tensors) buffer.destroy();
};

function check(
  { hidden, from, to, targets, k }: LensRequest<GpuTensor>,
  vocab: number,
  dModel: number,
) {
  for (const { shape } of hidden)
    if (shape.length !== 2 || shape[0] < to || shape[1] !== dModel)
      throw new ShapeError("lens: hidden", shape, `[≥ ${to}, ${dModel}]`);
  if (targets.length < to) throw new ShapeError("lens: targets", [targets.length], `[≥ ${to}]`);
  invariant(from >= 0 && from <= to, `positions ${from} to ${to}`);
  invariant(k >= 1 && k <= vocab, `top ${k} of ${vocab} tokens`);
}

/** A block's rows at most, and what the sweep may keep of them. */
const maxBlockRows = 1024;
const maxBlockBytes = 2 ** 26;

/** The positions in ranges, each of which `members` rows are read at once. */
function ranges(from: number, to: number, members: number, tiles: number) {
  const rowBytes = tiles * (16 + 4 * (tileTokens / stripTokens));
  const rows = Math.min(maxBlockRows, maxBlockBytes / rowBytes);
  const inBlock = blockPositions(members);
  const step = inBlock * Math.max(1, Math.floor(rows / (members * inBlock)));
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => ({
    first: from + i * step,
    count: Math.min(step, to - from - i * step),
  }));
}

/** How many layers to read at once, so that the sweep's blocks are few; of equals, the fewest. */
export function groupSize(nLayers: number, positions: number): number {
  const blocks = (layers: number) =>
    layers === 0 ? 0 : Math.ceil(positions / blockPositions(layers + 1));
  const cost = (size: number) => Math.floor(nLayers / size) * blocks(size) + blocks(nLayers % size);
  const sizes = Array.from({ length: Math.max(1, Math.min(nLayers, 63)) }, (_, i) => i + 1);
  return sizes.reduce((best, size) => (cost(size) < cost(best) ? size : best));
}

/** What comes back from a block: `[count, members, …]` each. */
type Results = {
  readonly merged: Float32Array;
  readonly targetLogits: Float32Array;
  readonly topIds: Int32Array;
  readonly topLogits: Float32Array;
  readonly topFinalLogits: Float32Array;
  readonly finalTopLogits: Float32Array | null;
};

function rowStatistics(
  { targets, k }: LensRequest<GpuTensor>,
  { rows, first, count }: Block,
  member: number,
  { merged, targetLogits, topIds, topLogits, topFinalLogits, finalTopLogits }: Results,
): RowStatistics {
  const statistics = emptyStatistics(rows[member], first, count, k);
  for (let i = 0; i < count; ++i) {
    const output = i * rows.length;
    const row = output + member;
    const [maximum, logSum, entropy, klFromFinal, rank] = merged.subarray(5 * row, 5 * row + 5);
    const [finalMaximum, finalLogSum] = merged.subarray(5 * output, 5 * output + 2);
    const logProb = (logit: number) => Math.min(0, logit - maximum - logSum);
    const hasTarget = targets[first + i] >= 0;
    statistics.entropy[i] = entropy;
    statistics.klFromFinal[i] = klFromFinal;
    statistics.maxProb[i] = Math.exp(-logSum);
    statistics.crossEntropy[i] = hasTarget ? -logProb(targetLogits[row]) : Number.NaN;
    statistics.rank[i] = hasTarget ? rank : Number.NaN;
    statistics.finalTopLogProb[i] = logProb(
      finalTopLogits ? finalTopLogits[row] : topLogits[row * k],
    );
    for (let j = 0; j < k; ++j) {
      statistics.topIds[i * k + j] = topIds[row * k + j];
      statistics.topLogProbs[i * k + j] = logProb(topLogits[row * k + j]);
      statistics.topFinalLogProbs[i * k + j] = Math.min(
        0,
        topFinalLogits[row * k + j] - finalMaximum - finalLogSum,
      );
    }
  }
  return statistics;
}
