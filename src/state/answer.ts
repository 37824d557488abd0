import type { Row } from "../lens/backend";
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

/** The answer of a whole reading. */
export function answerOf({ tokens, rows, topK, texts }: Reading): Answer {
  const last = tokens.length - 1;
  const likeliest = (row: number) => (row * tokens.length + last) * topK.k;
  const output = rows.indexOf("output");
  const id = topK.ids[likeliest(output)];
  let since = output;
  while (since > 0 && topK.ids[likeliest(since - 1)] === id) --since;
  const layer = rows[since];
  return {
    after: tokens[last].text,
    says: texts.get(id) ?? "",
    probability: Math.exp(topK.logProbs[likeliest(output)]),
    since: layer === "output" ? null : layer,
  };
}
