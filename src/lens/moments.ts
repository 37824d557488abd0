import { invariant } from "../errors";
import type { Floats } from "../math/floats";
import type { Moments } from "./trainingBackend";

/**
 * Moments in float64, to which a backend adds what it has of a block of positions. Products of one
 * block may be in float32: it is where blocks add up that the attention sink (22,500 beside values
 * near 1) would drown the rest.
 *
 * @param layers those that are trained
 */
export function createMomentAccumulator(layers: readonly number[], dModel: number) {
  const zeros = () => layers.map(() => new Float64Array(dModel * dModel));
  let count = 0;
  const sums: Float64Array[] = [];
  const squares = zeros();
  const products = zeros();

  return {
    /** Counts positions whose sums and products are added too. */
    addCount(positions: number): void {
      count += positions;
    },
    /**
     * @param layer of all hidden states, `h_0 … h_L`
     * @param sum Σ h_layer over the block, `[dModel]`
     */
    addSums(layer: number, sum: Floats): void {
      while (sums.length <= layer) sums.push(new Float64Array(dModel));
      addTo(sums[layer], sum);
    },
    /**
     * @param index among the trained layers
     * @param square Σ h_l h_lᵀ over the block, `[dModel, dModel]`
     * @param product Σ h_l h_Lᵀ, row of `h_l`, column of `h_L`
     */
    addProducts(index: number, square: Floats, product: Floats): void {
      addTo(squares[index], square);
      addTo(products[index], product);
    },
    /** The sums themselves, not copied: 160 MB of the bundled model. What is added later changes them. */
    read: (): Moments => ({ count, sums, squares, products }),
    /** Goes on from sums that were read before, which are copied. */
    load(moments: Moments): void {
      count = moments.count;
      sums.splice(0, sums.length, ...moments.sums.map((sum) => sum.slice()));
      copyAll(moments.squares, squares);
      copyAll(moments.products, products);
    },
  };
}

function addTo(sum: Float64Array, values: Floats): void {
  invariant(values.length === sum.length, `moments of ${sum.length}, given ${values.length}`);
  for (let i = 0; i < sum.length; ++i) sum[i] += values[i];
}

function copyAll(from: readonly Float64Array[], to: readonly Float64Array[]): void {
  invariant(from.length === to.length, `moments of ${to.length} layers, given ${from.length}`);
  for (const [i, values] of to.entries()) values.set(from[i]);
}
