import { FormatError } from "../errors";
import { printable } from "../math/printable";

/** No name of an architecture, an activation or the like is as long; they are quoted in errors. */
const maxTextLength = 100;

export type Fields = ReturnType<typeof readFields>;

/** Typed access to values that came from a file; an absent or null one takes the fallback. */
export function readFields(values: ReadonlyMap<string, unknown>, where: string) {
  function take<T>(
    key: string,
    fallback: T | undefined,
    is: (value: unknown) => boolean,
    what: string,
  ): T {
    const value = values.get(key) ?? fallback;
    if (value === undefined) throw new FormatError(`${where} does not say ${key}.`);
    if (value !== fallback && !is(value)) {
      throw new FormatError(`${where} says that ${key} is ${inWords(value)}, expected ${what}.`);
    }
    return value as T;
  }
  return {
    count: (key: string, fallback?: number) => take(key, fallback, isCount, "a positive integer"),
    positive: (key: string, fallback?: number) =>
      take(key, fallback, isPositive, "a positive number"),
    flag: (key: string, fallback: boolean) =>
      take(key, fallback, (v) => typeof v === "boolean", "true or false"),
    text: (key: string, fallback: string) =>
      take(key, fallback, isText, `a string of at most ${maxTextLength} characters`),
    /** null where the key is absent or null. */
    fields(key: string) {
      const value = values.get(key) ?? null;
      if (value === null) return null;
      if (typeof value !== "object") throw new FormatError(`${where} says no object for ${key}.`);
      return readFields(new Map(Object.entries(value)), `${where}'s ${key}`);
    },
  };
}

const isText = (value: unknown) => typeof value === "string" && value.length <= maxTextLength;

/** A GGUF file's integers may be bigints, which are no JSON. */
function inWords(value: unknown): string {
  if (typeof value === "object") return "an object";
  if (Number.isNaN(value)) return "no number";
  return printable(typeof value === "string" ? JSON.stringify(value) : `${value}`);
}

const isPositive = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value > 0;

const isCount = (value: unknown) =>
  isPositive(value) && Number.isInteger(value) && (value as number) < 2 ** 31;
