import type { OpenLens } from "../openLenses";
import type { TextSummary } from "../trainingProtocol";

/**
 * That lenses may know what is held out here: by their receipts they were trained on the same text, parted
 * otherwise.
 *
 * @returns a sentence; null where none was
 */
export function otherSplitNotice(
  lenses: readonly Pick<OpenLens, "info" | "receipt">[],
  text: Pick<TextSummary, "sha256" | "idsSha256">,
): string | null {
  const names = lenses
    .filter(({ receipt }) => {
      const theirs = receipt?.training.text;
      return theirs?.sha256 === text.sha256 && theirs.idsSha256 !== text.idsSha256;
    })
    .map(({ info }) => info.name);
  if (names.length === 0) return null;
  const [who, were] = names.length === 1 ? [names[0], "was"] : [names.join(" and "), "were"];
  return `${who} ${were} trained on this text with other sequences held out, and may know what is held out now: figures can come out too low. Prepare the text as it was then, or measure on another.`;
}
