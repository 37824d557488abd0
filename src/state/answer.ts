import type { Row } from "../lens/backend";
import { finalToken, settlesAt } from "../lens/cells";
import type { Reading } from "../lens/reading";

/** What the model says after the last token of a prompt, and since when its lens says so. */
export type Answer = {
  /** Texts of the last input token and of the likeliest next one. */
  readonly after: string;
  readonly says: string;
  readonly probability: number;
  /** The first layer from which on every row says it; null where not even the last layer does. */
  readonly since: Exclude<Row, "output"> | null;
};

/** The answer of a whole reading; null where a file lists no tokens there. */
export function answerOf(reading: Reading): Answer | null {
  const position = reading.tokens.length - 1;
  const answer = finalToken(reading, position);
  if (!answer) return null;
  const since = settlesAt(reading, position);
  return {
    after: reading.tokens[position].text,
    says: answer.text,
    probability: Math.exp(answer.logProb),
    since: since === "output" ? null : since,
  };
}
