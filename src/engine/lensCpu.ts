import { mergedCpu } from "../kernel/mergeTiles.cpu";
import { normCpu } from "../kernel/norm.cpu";
import { topKCpu } from "../kernel/topK.cpu";
import { translateCpu } from "../kernel/translate.cpu";
import { logitsCpu } from "../kernel/unembed.cpu";
import type { LensBackend, Row, RowStatistics } from "../lens/backend";
import type { Unembed } from "../lens/unembed";
import { emptyStatistics } from "./rowStatistics";

/**
 * The lens on the CPU, in float64: the definition that the other backends are held to. Nobody waits
 * for it, and it keeps the logits of two rows.
 */
export function createCpuLens(unembed: Unembed): LensBackend<Float32Array> {
  const { vocab, dModel } = unembed;
  return {
    async *read({ hidden, from, to, translators, layers, targets, k }, signal) {
      const positions = to - from;
      const logitsOf = (row: Row) => {
        const h = hidden[row === "output" ? hidden.length - 1 : row].subarray(
          from * dModel,
          to * dModel,
        );
        const translator = row === "output" ? null : translators[row];
        return logitsCpu(
          unembed,
          normCpu(unembed.norm, translator ? translateCpu(translator, h) : h),
        );
      };
      const finalLogits = logitsOf("output");
      const finalTop = topKCpu(finalLogits, vocab, 1).ids;

      const statisticsOf = (row: Row): RowStatistics => {
        const logits = row === "output" ? finalLogits : logitsOf(row);
        const statistics = emptyStatistics(row, from, positions, k);
        statistics.topIds.set(topKCpu(logits, vocab, k).ids);
        for (let position = 0; position < positions; ++position) {
          const z = logits.subarray(position * vocab, (position + 1) * vocab);
          const final = finalLogits.subarray(position * vocab, (position + 1) * vocab);
          const target = targets[from + position];
          const merged = mergedCpu(z, final, target);
          const finalMerged = mergedCpu(final, final, target);
          const logProb = (id: number) => z[id] - merged.maximum - merged.logSum;
          const finalLogProb = (id: number) => final[id] - finalMerged.maximum - finalMerged.logSum;
          statistics.entropy[position] = merged.entropy;
          statistics.klFromFinal[position] = merged.klFromFinal;
          statistics.maxProb[position] = Math.exp(-merged.logSum);
          statistics.crossEntropy[position] = target < 0 ? Number.NaN : -logProb(target);
          statistics.rank[position] = merged.rank;
          statistics.finalTopLogProb[position] = logProb(finalTop[position]);
          for (let i = position * k; i < (position + 1) * k; ++i) {
            statistics.topLogProbs[i] = logProb(statistics.topIds[i]);
            statistics.topFinalLogProbs[i] = finalLogProb(statistics.topIds[i]);
          }
        }
        return statistics;
      };

      for (const row of ["output", ...layers] as const) {
        signal?.throwIfAborted();
        yield statisticsOf(row);
      }
    },
    dispose() {},
  };
}
