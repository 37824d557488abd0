import { memo } from "react";

import type { ColumnWindow } from "./columnWindow";
import { klTint } from "./klTint";
import { nats } from "./numbers";
import { type DrawnRow, drawAlike, haveSameShape } from "./rowByRow";
import { TokenText } from "./TokenText";
import { quoted, readable } from "./tokenText";

/** Tokens up to this long need no ellipsis; clipping every cell would cost each frame. */
const shortText = 5;

export type GridRowProps = DrawnRow & {
  /** Index into `reading.rows`. */
  readonly row: number;
  /** The position whose cell is the table's tab stop, or null where it is in another row. */
  readonly tabStop: number | null;
};

/** One row of a reading: the likeliest token and KL at each position. */
function Row({ reading, row, columns, tabStop }: GridRowProps) {
  const { rows, tokens, topK, texts, statistics } = reading;
  const output = rows.indexOf("output");
  const layer = rows[row] === "output" ? "output" : `layer ${rows[row]}`;
  const isFirstLayer = row === output - 1;

  const cells = tokens.slice(columns.from, columns.to).map((token, i) => {
    const position = columns.from + i;
    const cell = row * tokens.length + position;
    const kl = statistics.klFromFinal[cell];
    const id = topK.ids[cell * topK.k];
    const logProb = topK.logProbs[cell * topK.k];
    const isComputed = !Number.isNaN(logProb);
    const isFinal = isComputed && id === topK.ids[(output * tokens.length + position) * topK.k];
    const says = isComputed ? (texts.get(id) ?? "") : "";
    const where = `${layer}, after ${quoted(token.text)}`;
    return (
      <div
        key={position}
        role="gridcell"
        className={`cell${isComputed ? "" : " is-waiting"}${isFinal ? " is-final" : ""}${readable(says).length > shortText ? " is-long" : ""}`}
        style={isComputed ? klTint(kl) : undefined}
        tabIndex={position === tabStop ? 0 : -1}
        aria-colindex={position + 2}
        aria-label={
          isComputed
            ? `${where}: ${quoted(says)}, probability ${Math.exp(logProb).toFixed(2)}, KL ${nats(kl)} nats`
            : `${where}: not computed yet`
        }
        data-row={row}
        data-position={position}
      >
        {isComputed && (
          <>
            <TokenText text={says} />
            <small>{nats(kl)}</small>
          </>
        )}
      </div>
    );
  });
  return (
    <div
      role="row"
      className={row === output ? "row is-output" : "row"}
      aria-rowindex={rows.length - row + 1}
    >
      <div role="rowheader" aria-colindex={1} aria-label={layer}>
        {isFirstLayer && <span className="unit">layer </span>}
        {rows[row]}
      </div>
      <ColumnsBefore columns={columns} />
      {cells}
    </div>
  );
}

/** Holds the place of the columns that are not drawn. */
export function ColumnsBefore({ columns }: { columns: ColumnWindow }) {
  if (columns.from === 0) return null;
  return <div role="none" style={{ flex: `0 0 calc(${columns.from} * var(--column))` }} />;
}

/** Drawn anew only where something in it has changed, though each partial reading is a new one. */
export const GridRow = memo(
  Row,
  (a, b) =>
    a.row === b.row &&
    a.tabStop === b.tabStop &&
    haveSameShape(a.reading, b.reading) &&
    drawAlike(a, b, a.row),
);
