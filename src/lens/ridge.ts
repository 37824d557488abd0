import { TrainingError } from "../errors";
import { cholesky, choleskySolve } from "../math/cholesky";
import { nextTask } from "../math/nextTask";
import type { Moments } from "./trainingBackend";
import type { Translator } from "./translator";

/**
 * The closed form of one layer: `W` and `b` minimise the squared error of `h_l + W h_l + b` against
 * `h_L`, and the penalty of `W`. Din et al. 2023, "Jump to Conclusions", arXiv:2303.09435.
 *
 * @param layer which hidden state is `h_l`
 * @param index of the layer among those that are trained
 * @param ridge penalty of `W`, in mean eigenvalues of the centred scatter matrix; that of `b` is none
 * @param between is awaited now and then: a wide layer takes seconds
 * @throws TrainingError if the moments are too large for numbers, or the ridge is too small to solve with
 */
export async function solveRidge(
  moments: Moments,
  layer: number,
  index: number,
  ridge: number,
  between: () => Promise<void> = nextTask,
): Promise<Translator> {
  const { count, sums } = moments;
  const from = sums[layer];
  const to = sums[sums.length - 1];
  const dModel = from.length;
  const square = moments.squares[index];
  const product = moments.products[index];

  const scatter = new Float64Array(dModel * dModel);
  const toward = new Float64Array(dModel * dModel); // row of h_L − h_l, column of h_l: as W is
  let trace = 0;
  let squares = 0;
  for (let i = 0; i < dModel; ++i) {
    for (let j = 0; j < dModel; ++j) {
      const centred = square[i * dModel + j] - (from[i] * from[j]) / count;
      scatter[i * dModel + j] = centred;
      toward[j * dModel + i] = product[i * dModel + j] - (from[i] * to[j]) / count - centred;
    }
    trace += scatter[i * dModel + i];
    squares += square[i * dModel + i];
  }

  // Where every position is the same, there is nothing to tell them apart by, and W stays 0.
  if (trace <= 1e-12 * squares) toward.fill(0);
  else {
    for (let i = 0; i < dModel; ++i) scatter[i * dModel + i] += (ridge * trace) / dModel;
    if (!(await cholesky(scatter, dModel, between))) {
      throw new TrainingError(
        `The closed form of layer ${layer} has no solution on ${count} positions with ridge ${ridge}. Take a larger ridge, or more text.`,
      );
    }
    await choleskySolve(scatter, dModel, toward, dModel, between);
  }
  const weight = toward;
  const bias = new Float32Array(dModel);
  for (let i = 0; i < dModel; ++i) {
    let sum = to[i] - from[i];
    for (let k = 0; k < dModel; ++k) sum -= weight[i * dModel + k] * from[k];
    bias[i] = sum / count;
  }
  return { weight: new Float32Array(weight), bias };
}
