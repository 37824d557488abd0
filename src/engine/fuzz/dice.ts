import { random } from "../../math/random";

/** Seeded choices. */
export type Dice = ReturnType<typeof createDice>;

/** @param seed the same for the same choices */
export function createDice(seed: number) {
  const uniform = random(seed);
  /** A whole number in `[0, count)`. */
  const below = (count: number) => Math.floor(uniform() * count);
  return {
    below,
    chance: (probability: number) => uniform() < probability,
    pick: <T>(from: readonly T[]): T => from[below(from.length)],
    /** More often small than large, up to `most`. */
    few: (most: number) => 1 + Math.floor(most * uniform() ** 3),
  };
}

/** The numbers at which sizes, signs and floats turn over, and some that are merely too large. */
export const edges: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  127n,
  128n,
  255n,
  256n,
  65_535n,
  65_536n,
  1_000_000n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
];

/** A name that trips readers up; one in six is long, since whatever quotes a name has to cut it. */
export const oddName = (dice: Dice): string =>
  dice.chance(1 / 6) ? dice.pick(longNames) : dice.pick(oddNames);

const longNames = ["x".repeat(300), "é".repeat(490), "y. ".repeat(3000), "0.".repeat(30_000)];

/** Of prototypes, of paths, of what is in a lens, empty and odd. */
const oddNames: readonly string[] = [
  "",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "0",
  "-1",
  "01",
  "1e9",
  "0.weight",
  "7.bias",
  "999999.weight",
  "J.0",
  "J.999999",
  "J",
  "d_model",
  "model_type",
  "../../../../etc/passwd",
  "C:\\lens",
  "/",
  "a/",
  ".",
  "a\u0000b",
  "\n\n",
  "\u202e",
  "\ufeff",
  "\ud800",
  "漢字🙂",
  "%s%n",
  "<img src=x onerror=alert(1)>",
  "data.pkl",
  "config.json",
];
