const maxLength = 80;

/** A text from a file as a sentence may quote it: short, and on one line. */
export function printable(text: string): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "�");
}
