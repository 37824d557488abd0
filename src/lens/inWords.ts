import { printable } from "../math/printable";

const maxNames = 3;
const maxLength = 60;
const maxSizes = 4;

/** Names out of a file, for a sentence: `a, b, c and 12 more`, each cut to what can be read. */
export function inWords(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map(shorten);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more.toLocaleString("en")} more` : shown.join(", ");
}

/** `[4, 3]`: a shape out of a file. */
export function shapeInWords(shape: readonly number[]): string {
  const sizes = shape.length > maxSizes ? [...shape.slice(0, maxSizes), "…"] : shape;
  return `[${sizes.join(", ")}]`;
}

const shorten = (name: string) => printable(name, maxLength) || '""';
