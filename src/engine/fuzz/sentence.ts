/** What a template leaves where there was nothing to say. */
const leftovers = ["undefined", "NaN", "[object"];

const maxLength = 1000;

/** What `JSON.parse` quotes of its text, which may have been packed in the file. */
const quotedJson = /, .* is not valid JSON/s;

/**
 * Why a page cannot show a message as it is; null where it can.
 *
 * @param input the files that it is about, a character a byte: what they say themselves may be quoted
 */
export function faultOf(message: unknown, input: string): string | null {
  if (typeof message !== "string" || message.trim() === "") return "is empty";
  if (message.length > maxLength) return `has ${message.length} characters`;
  const own = message.replace(quotedJson, "");
  const leftover = leftovers.find((word) => own.includes(word) && !input.includes(word));
  if (leftover) return `says ${leftover}`;
  if (!message.endsWith(".")) return "does not end with a full stop";
  return null;
}
