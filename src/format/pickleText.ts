import { printable } from "../math/printable";
import { asNumber, damagedPickle } from "./pickleBytes";

/** What 255 bytes are in decimal, the most that LONG1 holds, has 614 digits; a float has fewer. */
const maxNumberLength = 620;

/** The integer that a line of a pickle writes in decimal. */
export function integerOf(text: string): number | bigint {
  if (text.length > maxNumberLength || !/^[+-]?\d+L?$/.test(text)) throw notANumber(text);
  const digits = BigInt(text.replace(/^[+-]|L$/g, ""));
  return asNumber(text.startsWith("-") ? -digits : digits);
}

const specials: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

/** The float that a line of a pickle writes as Python's `repr` does. */
export function floatOf(text: string): number {
  const special = specials.get(text);
  if (special !== undefined) return special;
  const isNumber =
    text.length <= maxNumberLength && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  if (!isNumber) throw notANumber(text);
  return Number(text);
}

const notANumber = (text: string) => damagedPickle(`“${printable(text)}” is no number in it`);

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
]);

/** The text that Python 2's `repr` wrote. */
export function unquote(text: string): string {
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) {
    throw damagedPickle("a text in it has no quotes");
  }
  return text.slice(1, -1).replace(/\\(?:x([\da-f]{2})|(.?))/gi, (_, hex, letter) => {
    const character = hex ? String.fromCharCode(Number.parseInt(hex, 16)) : escapes.get(letter);
    if (character === undefined) throw damagedPickle("a text in it has an unknown escape");
    return character;
  });
}

/** The text that Python's raw-unicode-escape codec wrote. */
export function unescapeUnicode(text: string): string {
  return text.replace(/\\u([\da-f]{4})|\\U([\da-f]{8})/g, (_, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    if (code > 0x10ffff) throw damagedPickle("a text in it has a character past the last");
    return String.fromCodePoint(code);
  });
}
