import type { Floats } from "../math/floats";
import { timesTransposed, transposed } from "../math/products";

/**
 * Brings the singular values of a square matrix near 1. It may write over the matrix that it is given,
 * and return that.
 *
 * @param matrix `[n, n]`, row-major
 */
export type Orthogonalise = <F extends Floats>(matrix: F, n: number) => Promise<F>;

/** Coefficients of the quintic, and how often it is applied. */
export const newtonSchulzSteps = 5;
export const newtonSchulzCoefficients = [3.4445, -4.775, 2.0315] as const;
/** The least norm that a matrix is divided by. */
export const newtonSchulzEpsilon = 1e-7;

/**
 * Newton and Schulz's iteration as Muon uses it: `X ← aX + (bG + cG²)X` with `G = XXᵀ`, from `X / ‖X‖`.
 * Singular values end between 0.7 and 1.2. The definition, in float64.
 *
 * KellerJordan/Muon `muon.py`; `torch.optim.Muon`, which computes it in bfloat16.
 */
export const newtonSchulz: Orthogonalise = async (matrix, n) => {
  const [a, b, c] = newtonSchulzCoefficients;
  let x = new Float64Array(matrix);
  const norm = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  x = x.map((value) => value / Math.max(newtonSchulzEpsilon, norm));
  for (let step = 0; step < newtonSchulzSteps; ++step) {
    const gram = timesTransposed(x, x, n);
    const gramSquared = timesTransposed(gram, gram, n); // it is its own transpose
    const polynomial = gram.map((value, i) => b * value + c * gramSquared[i]);
    const change = timesTransposed(polynomial, transposed(x, n), n);
    x = x.map((value, i) => a * value + change[i]);
  }
  matrix.set(x);
  return matrix;
};
