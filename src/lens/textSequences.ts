/** Positions of a sequence unless the visitor says otherwise; a model of less context has its own. */
export const usualLength = 192;

/** Held out unless the visitor says otherwise: at least so many positions, where that is no more than this share. */
const heldOutPositions = 1024;
const heldOutShare = 0.1;

/**
 * How many of a text's sequences to hold out.
 *
 * @param length of a sequence, in positions
 * @param wanted in positions; null: 1,024, or a tenth of the text where that is less
 * @returns at least 1, and less than `sequences`
 */
export function heldOutCount(sequences: number, length: number, wanted: number | null): number {
  const count =
    wanted === null
      ? Math.min(Math.ceil(heldOutPositions / length), Math.floor(heldOutShare * sequences))
      : Math.ceil(wanted / length);
  return Math.max(1, Math.min(count, sequences - 1));
}
