import type { Floats } from "../math/floats";
import { adam } from "./adam";
import type { Rule } from "./optimizer";

/** Where parameters and an optimiser's states lie, and the passes over them that a step takes its time for. */
export type ParameterSpace = {
  /** Zeros. */
  allocate(length: number): Floats;
  /** Of arrays of this space; the gradient may lie anywhere. */
  readonly adam: Rule;
  /** `average += share · (values − average)`, both of this space. */
  moveToward(average: Floats, values: Floats, share: number): void;
};

/**
 * Plain arrays, and numbers as JavaScript has them.
 *
 * @param ArrayType `Float32Array`, or `Float64Array` for the definition
 */
export const plainSpace = (
  ArrayType: Float32ArrayConstructor | Float64ArrayConstructor,
): ParameterSpace => ({
  allocate: (length) => new ArrayType(length),
  adam,
  moveToward(average, values, share) {
    for (let i = 0; i < average.length; ++i) average[i] += share * (values[i] - average[i]);
  },
});
