/**
 * A text from a file as a sentence may quote it: short, on one line, and with no end of a sentence in it,
 * since the page shows a refusal's first sentence apart from the rest.
 *
 * What is not drawn, or turns the writing round, becomes U+FFFD; a space after a full stop becomes ␣.
 *
 * @param maxLength in UTF-16 units, without the … that follows what is cut
 */
export function printable(text: string, maxLength = 80): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return short
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd")
    .replace(/([.!?])(\s+)/g, (_, end, spaces) => end + "␣".repeat(spaces.length));
}
