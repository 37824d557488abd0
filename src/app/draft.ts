/** What is typed into a field, while it is. */
export type Draft<T> = {
  readonly text: string;
  /** What held before anything was typed. */
  readonly before: T;
  /** What holds now: what the text says, or `before` where it says nothing that is taken. */
  readonly held: T;
  readonly isTaken: boolean;
};

/**
 * The draft after a key. On the way to 18,432 stands 18, and then nothing that is taken: that is not to leave 18.
 *
 * @param draft before it; null: this is the first
 * @param value what holds before it
 * @param valueFrom what a text says; undefined where it is not taken
 */
export function typed<T>(
  draft: Draft<T> | null,
  text: string,
  value: T,
  valueFrom: (text: string) => T | undefined,
): Draft<T> {
  const before = draft ? draft.before : value;
  const said = valueFrom(text);
  const isTaken = said !== undefined;
  return { text, before, held: isTaken ? said : before, isTaken };
}
