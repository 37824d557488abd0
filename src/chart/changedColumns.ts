import type { Reading } from "../lens/reading";
import type { ShownStatistic } from "../lens/view";

/**
 * Whether each column of a reading may look other than it did in the one before, of the same rows: a
 * cell of it has changed, or one beside it, where the shoreline may run. Where a row has lost its lens,
 * or got one, all do: an empty cell is called something else then.
 *
 * @returns `[positions]` of `after`
 */
export function changedColumns(
  before: Reading,
  after: Reading,
  statistic: ShownStatistic,
): boolean[] {
  const { tokens, rows } = after;
  if (before.withoutLens.join() !== after.withoutLens.join()) return tokens.map(() => true);
  const shared = Math.min(before.tokens.length, tokens.length);
  const isSameAt = (row: number, position: number) => {
    const a = row * before.tokens.length + position;
    const b = row * tokens.length + position;
    return (
      before.topK.ids[a * before.topK.k] === after.topK.ids[b * after.topK.k] &&
      Object.is(before.topK.logProbs[a * before.topK.k], after.topK.logProbs[b * after.topK.k]) &&
      Object.is(before.statistics[statistic][a], after.statistics[statistic][b])
    );
  };
  const isChanged = tokens.map(
    ({ id }, position) =>
      position >= shared ||
      before.tokens[position].id !== id ||
      rows.some((_, row) => !isSameAt(row, position)),
  );
  // The last column that both have loses or gets a neighbour.
  return isChanged.map(
    (is, position) =>
      is || isChanged[position - 1] || isChanged[position + 1] || position === shared - 1,
  );
}
