import {
  type CSSProperties,
  type FocusEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import type { Reading } from "../lens/reading";
import { type ColumnWindow, columnWindow } from "./columnWindow";
import { ColumnsBefore, GridRow } from "./GridRow";
import { type Cell, move } from "./gridKeys";
import { isDrawn, useRowByRow } from "./rowByRow";
import { TokenText } from "./TokenText";
import { useReading } from "./useReading";

const sizeOf = ({ rows, tokens }: Reading) => ({ rows: rows.length, columns: tokens.length });

/** All columns are as wide. */
const columnWidth = (box: HTMLElement) =>
  box.querySelector<HTMLElement>(".head")?.offsetWidth || 104;

const clamp = (x: number, from: number, to: number) => Math.max(from, Math.min(to, x));

/** The likeliest token and KL of each layer and position: output on top, the embedding below. */
export function LensGrid({ reading, isBusy }: { reading: Reading; isBusy: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [visible, setVisible] = useState<ColumnWindow>({ from: 0, to: 1 });
  const wanted = columnWindow(sizeOf(reading), visible);
  const drawn = useRowByRow(reading, wanted);
  const drew = useReading((state) => state.drew);
  useEffect(() => {
    if (isDrawn(drawn, reading)) drew(reading);
  }, [drawn, reading, drew]);
  const { reading: shown, columns } = drawn[0] ?? { reading, columns: wanted };
  const size = sizeOf(shown);

  const grid = useRef<HTMLDivElement>(null);
  const measure = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const from = Math.floor(box.scrollLeft / columnWidth(box));
    const to = Math.ceil((box.scrollLeft + box.clientWidth) / columnWidth(box));
    setVisible((before) => (before.from === from && before.to === to ? before : { from, to }));
  }, []);
  useEffect(() => {
    // The grid is as wide as its columns, so that another reading is heard of too.
    const observer = new ResizeObserver(measure);
    for (const element of [scroller.current, grid.current]) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [measure]);

  const [active, setActive] = useState<Cell>({ row: size.rows - 1, position: 0 });
  const tabStop: Cell = {
    row: clamp(active.row, 0, size.rows - 1),
    position: clamp(active.position, columns.from, columns.to - 1),
  };

  // A cell far off in a long prompt is drawn some frames after the key that goes there.
  const goal = useRef<Cell | null>(null);
  useLayoutEffect(() => {
    if (!goal.current) return;
    const { row, position } = goal.current;
    const cell = scroller.current?.querySelector<HTMLElement>(
      `[data-row="${row}"][data-position="${position}"]`,
    );
    if (!cell) return;
    goal.current = null;
    cell.focus();
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const next = move(goal.current ?? tabStop, event, size);
    if (!next) return;
    event.preventDefault();
    goal.current = next;
    setActive(next);
    const isNear = columns.from <= next.position && next.position < columns.to;
    const box = scroller.current;
    if (!isNear && box) {
      box.scrollLeft = next.position * columnWidth(box) - box.clientWidth / 2;
    }
  };
  const onFocus = ({ target }: FocusEvent<HTMLElement>) => {
    const { row, position } = target.dataset;
    if (row && position) setActive({ row: Number(row), position: Number(position) });
  };

  return (
    <div
      className="figure"
      id="reading"
      ref={scroller}
      onScroll={measure}
      style={{ "--columns": size.columns, "--rows": size.rows } as CSSProperties}
    >
      <div
        role="grid"
        className="grid"
        ref={grid}
        aria-label="Lens reading"
        aria-busy={isBusy}
        aria-rowcount={size.rows + 1}
        aria-colcount={size.columns + 1}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
      >
        <div role="row" className="row is-header" aria-rowindex={1}>
          <div role="columnheader" aria-colindex={1} className="corner">
            <small>position</small>
            after
          </div>
          <ColumnsBefore columns={columns} />
          {shown.tokens.slice(columns.from, columns.to).map(({ text }, i) => {
            const position = columns.from + i;
            return (
              <div key={position} role="columnheader" className="head" aria-colindex={position + 2}>
                <small>{position}</small>
                <TokenText text={text} />
              </div>
            );
          })}
        </div>
        {drawn.map((one, i) => {
          const row = size.rows - 1 - i;
          return (
            <GridRow
              key={row}
              {...one}
              row={row}
              tabStop={tabStop.row === row ? tabStop.position : null}
            />
          );
        })}
      </div>
    </div>
  );
}
