import { commas, count } from "../chart/numbers";
import type { TextOptions } from "../engine/trainingProtocol";
import { heldOutCount, usualLength } from "../lens/textSequences";
import type { TextFields } from "../state/trainingState";

const twoDigits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });

/**
 * What the model is to write, before it does: `18,432 positions to train on, 1,152 held out. 19,482 tokens,
 * 102 sequences of 192; 5.9 % held out. The model writes them by itself.` Of whole sequences, as the engine
 * rounds them.
 *
 * @param contextLength the model's, in tokens; null where none is loaded yet
 */
export function sampleSentence(
  { positions }: Pick<TextFields["sample"], "positions">,
  { sequenceLength, heldOut }: TextOptions,
  contextLength: number | null,
): string {
  const most = contextLength ?? Number.POSITIVE_INFINITY;
  const length = sequenceLength ?? Math.min(usualLength, most);
  if (length > most) {
    return `Sequences of ${commas(length)} positions are longer than the model reads: choose 2 to ${commas(most)}.`;
  }
  const sequences = Math.ceil(positions / length);
  if (sequences < 2) {
    return `Two sequences of ${commas(length)} positions are needed: one to train on, one to measure with. Choose more positions, or shorter sequences.`;
  }
  const held = heldOutCount(sequences, length, heldOut);
  const share = twoDigits.format((100 * held) / sequences);
  const tokens = sequences * (length - 1); // the first of each begins the text: nobody writes it
  return `${count((sequences - held) * length, "position")} to train on, ${commas(held * length)} held out. ${count(tokens, "token")}, ${count(sequences, "sequence")} of ${commas(length)}; ${share} % held out. The model writes them by itself.`;
}

/** A button's, beside the one that cancels a training. */
export const cancelTextName = (isSample: boolean) =>
  isSample ? "Cancel sampling" : "Cancel reading the text";
