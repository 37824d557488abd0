import { random } from "./random";

/** A mean over all items of some groups, and the 95 % interval that a bootstrap over the groups gives it. */
export type Interval = { readonly mean: number; readonly low: number; readonly high: number };

/** Of a mean, from each group's sum and its count of items. */
export type Bootstrap = (sums: ArrayLike<number>, counts: ArrayLike<number>) => Interval;

const resamples = 1000;

/**
 * A percentile bootstrap over groups (sequences of a text, whose positions go together): it draws as many
 * groups as there are, with replacement, a thousand times. What is asked of one bootstrap is of the same
 * draws, so that two lenses are held against each other on the same text.
 *
 * Efron 1979, "Bootstrap Methods: Another Look at the Jackknife". Between two draws it is interpolated, as
 * numpy's `percentile` does.
 *
 * @returns what gives a mean its interval; of one group none is known, and it is NaN
 */
export function createBootstrap(groups: number, seed: number): Bootstrap {
  const uniform = random(seed);
  const draws = Int32Array.from({ length: resamples * groups }, () =>
    Math.floor(uniform() * groups),
  );
  return (sums, counts) => {
    const meanOf = (start: number, groupAt: (i: number) => number) => {
      let sum = 0;
      let count = 0;
      for (let i = start; i < start + groups; ++i) {
        sum += sums[groupAt(i)];
        count += counts[groupAt(i)];
      }
      return sum / count;
    };
    const mean = meanOf(0, (i) => i);
    if (groups < 2) return { mean, low: Number.NaN, high: Number.NaN };
    const means = Float64Array.from({ length: resamples }, (_, resample) =>
      meanOf(resample * groups, (i) => draws[i]),
    ).sort();
    return { mean, low: percentile(means, 0.025), high: percentile(means, 0.975) };
  };
}

function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
