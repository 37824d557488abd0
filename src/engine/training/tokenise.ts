import type { Tokenizer } from "../../model/tokenizer";

/** UTF-16 units that are tokenised at a time: some ten milliseconds of them. */
const sliceLength = 8192;

/** Between a word and the single space before the next one: no token reaches over that. */
const beforeSpace = /(?<=\P{White_Space})(?= \P{White_Space})/gu;
/** After a line's end with a word on either side: nor over that. */
const afterNewline = /(?<=\P{White_Space}\n)(?=\P{White_Space})/gu;
/** Few do over that. */
const afterComma = /(?<=[,.;、。，；])/gu;

/**
 * A document's token ids, slice by slice, with the text that each is of. Slices are cut where every
 * pre-tokenizer that is read here splits, so that the ids are those of the whole. Where there is no such
 * place in 8,192 characters (a script without spaces), the slice ends after a comma or a full stop, or
 * anywhere, and the tokens around that place may be others than the whole's.
 *
 * Special tokens that are written in the text are recognised, as in a prompt.
 */
export function* tokenise(
  text: string,
  tokenizer: Tokenizer,
): Generator<{ readonly text: string; readonly ids: readonly number[] }> {
  const keepsSpace = text.length <= sliceLength || isWhole(tokenizer);
  for (let start = 0; start < text.length; ) {
    const end = cutAfter(text, start + sliceLength);
    const slice = text.slice(start, end);
    // A tokenizer that puts a space before every text gets one back for the one that is left out here.
    const isBare = !keepsSpace && start > 0 && slice.startsWith(" ");
    yield { text: slice, ids: tokenizer.encode(isBare ? slice.slice(1) : slice) };
    start = end;
  }
}

/** Whether two halves of a text have the ids of the whole, the space between them in the second. */
function isWhole(tokenizer: Tokenizer): boolean {
  try {
    const halves = [...tokenizer.encode("one"), ...tokenizer.encode(" two")];
    return String(tokenizer.encode("one two")) === String(halves);
  } catch {
    return true; // it reads token ids
  }
}

function cutAfter(text: string, wanted: number): number {
  if (wanted >= text.length) return text.length;
  const window = text.slice(wanted - 2, wanted + sliceLength);
  for (const pattern of [beforeSpace, afterNewline, afterComma]) {
    pattern.lastIndex = 2;
    const found = pattern.exec(window);
    if (found) return wanted - 2 + found.index;
  }
  const end = Math.min(wanted + sliceLength, text.length);
  const isInPair = (text.codePointAt(end - 1) ?? 0) > 0xffff;
  return isInPair ? end - 1 : end;
}
