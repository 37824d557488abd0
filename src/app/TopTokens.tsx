import type { CSSProperties } from "react";

import { commas, probability } from "../chart/numbers";
import { finalToken, topTokens } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell } from "../lens/view";
import { TokenText } from "./TokenText";

const inWords = [
  "No",
  "One",
  "Two",
  "Three",
  "Four",
  "Five",
  "Six",
  "Seven",
  "Eight",
  "Nine",
  "Ten",
];
const percent = (logProb: number) => `${(100 * Math.exp(logProb)).toFixed(2)}%`;

/** A cell's likeliest tokens: bars for the lens, ticks for what the model gives them. */
export function TopTokens({ reading, cell }: { reading: Reading; cell: Cell }) {
  const tokens = topTokens(reading, cell);
  const answer = finalToken(reading, cell.position);
  const { k } = reading.topK;
  return (
    <div className="top">
      <h2>
        {inWords[k] ?? commas(k)} likeliest{" "}
        <span className="marks">
          <i className="lens-mark" />
          lens <i className="model-mark" />
          model
        </span>
      </h2>
      <ol>
        {tokens.map(({ id, text, logProb, finalLogProb }) => (
          <li key={id} className={id === answer?.id ? "is-final" : undefined}>
            <span>
              <TokenText text={text} />
            </span>
            <span
              className="p-bar"
              style={{ "--p": percent(logProb), "--model": percent(finalLogProb) } as CSSProperties}
            >
              {!Number.isNaN(finalLogProb) && <i />}
            </span>
            <span className="p">{probability(Math.exp(logProb))}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
