import { memo, useEffect, useState } from "react";

import { rowName } from "../chart/cellName";
import { nameWithUnit, statisticScale } from "../chart/statisticScale";
import { signed } from "../chart/tokenMarks";
import { isWhole, isWithoutLens, topTokens } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { drawnRows, type View } from "../lens/view";
import { useView } from "./stores";
import { TwinScroller } from "./TwinScroller";

/** Rows that come with each frame: a long table is not made in one. */
const rowsPerFrame = 2;

/** The heatmap's twin: the same tokens and numbers as a plain table, made when it is wanted. */
export function ReadingTable({ reading }: { reading: Reading }) {
  const [isOpen, setOpen] = useState(false);
  const [whole, setWhole] = useState(reading);
  if (whole !== reading && isWhole(reading)) setWhole(reading); // not made anew for each part
  return (
    <details className="twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && <Table reading={whole} />}
    </details>
  );
}

const columnsOf = ({ tokens }: Reading) => tokens.map(({ text }, position) => ({ position, text }));

function Table({ reading }: { reading: Reading }) {
  const view = useView((state) => state.view);
  const rows = drawnRows(reading.rows.length, view.stride);
  const [nRows, setRows] = useState(rowsPerFrame);
  useEffect(() => {
    if (nRows >= rows.length) return;
    const frame = requestAnimationFrame(() => setRows(nRows + rowsPerFrame));
    return () => cancelAnimationFrame(frame);
  }, [nRows, rows.length]);
  const scale = statisticScale(view.statistic, reading.model.vocab);
  return (
    <TwinScroller label="Table">
      <table>
        <caption>
          The likeliest next token and {nameWithUnit(scale, view.unit)}, by layer and position.
        </caption>
        <thead>
          <tr>
            <th scope="col">after</th>
            {columnsOf(reading).map(({ position, text }) => (
              <th scope="col" key={position}>
                {position} {signed(text)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, nRows).map((row) => (
            <TableRow key={row} reading={reading} row={row} view={view} />
          ))}
        </tbody>
      </table>
    </TwinScroller>
  );
}

const TableRow = memo(function TableRow(props: { reading: Reading; row: number; view: View }) {
  const { reading, row, view } = props;
  const { tokens, rows, statistics, model } = reading;
  const scale = statisticScale(view.statistic, model.vocab);
  if (isWithoutLens(reading, rows[row])) {
    return (
      <tr>
        <th scope="row">{rowName(rows[row])}</th>
        <td className="none" colSpan={tokens.length}>
          no lens here
        </td>
      </tr>
    );
  }
  return (
    <tr>
      <th scope="row">{rowName(rows[row])}</th>
      {columnsOf(reading).map(({ position }) => {
        const [likeliest] = topTokens(reading, { row: rows[row], position });
        const value = statistics[view.statistic][row * tokens.length + position];
        return (
          <td key={position}>
            {likeliest ? signed(likeliest.text) : ""}{" "}
            <small>{Number.isNaN(value) ? "" : scale.format(value, view.unit)}</small>
          </td>
        );
      })}
    </tr>
  );
});
