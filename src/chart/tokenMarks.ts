import { readable } from "./tokenText";

/** What is drawn and not typed, so that it looks alike on every system; `sign` is for a copy of the text. */
export type Mark = { readonly name: "space" | "newline" | "tab"; readonly sign: string };

const marks: Readonly<Record<string, Mark>> = {
  " ": { name: "space", sign: "␣" },
  "\n": { name: "newline", sign: "⏎" },
  "\t": { name: "tab", sign: "⇥" },
};

/** A token's text in pieces: strings to write as they are, and marks to draw. */
export const tokenParts = (text: string): (string | Mark)[] =>
  readable(text)
    .split(/([ \n\t])/)
    .filter((part) => part !== "")
    .map((part) => marks[part] ?? part);

/** A token's text with its marks as signs, for drawings that have text alone. */
export const signed = (text: string) =>
  tokenParts(text)
    .map((part) => (typeof part === "string" ? part : part.sign))
    .join("");

/** Puts a token's text into an element, in place of what it held. */
export function writeToken(element: HTMLElement, text: string): void {
  element.replaceChildren(
    ...tokenParts(text).map((part) => {
      if (typeof part === "string") return part;
      const mark = document.createElement("i");
      mark.className = `mark mark-${part.name}`;
      mark.ariaHidden = "true";
      mark.textContent = part.sign;
      return mark;
    }),
  );
}
