import { type Dice, oddName } from "./dice";

/** A place in a JSON value: what holds it, and under which name or number. */
type Place = {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
};

/** JSON that `JSON.stringify` does not write; what is between the marks is put there as it is. */
const literal = (text: string) => `\u0001${text}\u0001`;
const literals = /"\\u0001(.*?)\\u0001"/g;

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  2,
  3,
  4,
  0.5,
  255,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  "1",
  "true",
  [],
  {},
  [[]],
  [null],
  literal("NaN"),
  literal("-Infinity"),
  literal("1e999"),
  literal("-1e999"),
  literal("9223372036854775808"),
  literal("1".repeat(400)),
  literal("[".repeat(1000) + "]".repeat(1000)),
  literal(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`),
  literal('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  { type: "Split", pattern: { Regex: "^(([ -~]|.)*)*!" }, behavior: "Isolated", invert: false },
  { type: "Replace", pattern: { Regex: "(.*)*!" }, content: "!!" },
  "F16",
  "BF16",
  "Q4_K",
  "x".repeat(501),
  "x".repeat(501),
  "é".repeat(50_000),
  "é".repeat(50_000),
  Array(2000).fill(1),
];

/** The JSON text with one thing in it changed, still JSON in most cases; null where it is none. */
export function mutateJson(bytes: Uint8Array, dice: Dice): Uint8Array | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  try {
    return new TextEncoder().encode(stringify(changed(value, dice), dice));
  } catch (error) {
    if (error instanceof RangeError) return null; // nested too deeply to be written again
    throw error;
  }
}

/** The value with one place in it changed. The value given is used up. */
function changed(value: unknown, dice: Dice): unknown {
  const places = placesOf(value);
  if (places.length === 0 || dice.chance(0.03)) return oddValue(dice);
  for (let changes = dice.few(4); changes > 0; --changes) change(dice.pick(places), places, dice);
  return value;
}

function change({ holder, key }: Place, places: readonly Place[], dice: Dice): void {
  const held = holder as Record<string | number, unknown>;
  const other = dice.pick(places);
  const theirs = (other.holder as Record<string | number, unknown>)[other.key];
  switch (dice.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete held[key];
      return;
    case 1: // a new name for it
      if (Array.isArray(holder)) break;
      define(held, oddName(dice), held[key]);
      delete held[key];
      return;
    case 2: // a thing beside it
      if (Array.isArray(holder)) holder.splice(Number(key), 0, oddValue(dice));
      else define(held, oddName(dice), oddValue(dice));
      return;
    case 3: // another's value
      if (!holds(theirs, holder)) define(held, `${key}`, theirs);
      return;
    case 4:
      if (typeof held[key] === "number") {
        const number = held[key];
        held[key] = dice.pick([
          number + 1,
          number - 1,
          -number,
          2 * number,
          number / 2,
          `${number}`,
        ]);
        return;
      }
      break;
    case 5:
      if (typeof held[key] === "string") {
        held[key] = oddName(dice);
        return;
      }
  }
  define(held, `${key}`, oddValue(dice));
}

/** One of its own: what it is put into may be changed again. */
const oddValue = (dice: Dice) => structuredClone(dice.pick(oddValues));

/** `__proto__` too becomes a key like any other. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Whether a value is, or has somewhere in it, what it would be put into. */
const holds = (value: unknown, holder: object): boolean =>
  value === holder || placesOf(value).some((place) => place.holder === holder);

function placesOf(root: unknown): Place[] {
  const places: Place[] = [];
  const pending = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const holder = value as Place["holder"];
    for (const [key, inner] of Object.entries(holder)) {
      places.push({ holder, key });
      if (inner !== undefined) pending.push(inner);
    }
  }
  return places;
}

/** With the literals in it, and now and then a key said twice. */
function stringify(value: unknown, dice: Dice): string {
  const text = (JSON.stringify(value) ?? "null").replace(literals, (_, inner) =>
    JSON.parse(`"${inner}"`),
  );
  if (!dice.chance(0.05)) return text;
  const pair = dice.pick([...text.matchAll(/[{,]("[^"\\]*":[^,{}[\]]+)/g)])?.[1];
  return pair ? text.replace(/\}$/, `,${pair}}`) : text;
}
