import { type KeyboardEvent, type Ref, useImperativeHandle, useRef, useState } from "react";

import { createCurves } from "../chart/curves";
import { probability } from "../chart/numbers";
import { finalToken, hasCell, isWithoutLens, topTokens } from "../lens/cells";
import { lensKindName } from "../lens/lensKind";
import type { Reading } from "../lens/reading";
import type { Cell } from "../lens/view";
import { CellNumbers } from "./CellNumbers";
import { Key } from "./Key";
import { useReading, useView } from "./stores";
import { TokenText } from "./TokenText";
import { TopTokens } from "./TopTokens";
import { useChart } from "./useChart";
import { useColors } from "./useColors";

/** What the cell that is pointed at holds; on a phone a sheet that opens from the foot. */
export function CellPanel({ reading, ref }: { reading: Reading; ref: Ref<{ open(): void }> }) {
  const here = useView((state) => state.here);
  const [isOpen, setOpen] = useState(false);
  const panel = useRef<HTMLElement>(null);
  useImperativeHandle(ref, () => ({
    open() {
      setOpen(true);
      panel.current?.focus({ preventScroll: true });
      panel.current?.scrollIntoView({ block: "nearest" });
    },
  }));

  if (!here || !hasCell(reading, here)) return null;
  const back = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    setOpen(false);
    document.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus();
  };
  return (
    <section
      className={isOpen ? "cell-panel is-open" : "cell-panel"}
      aria-label="Cell"
      tabIndex={-1}
      ref={panel}
      onKeyDown={back}
    >
      <Words reading={reading} cell={here} isOpen={isOpen} onOpen={() => setOpen(!isOpen)} />
      <div className="details">
        {!isWithoutLens(reading, here.row) && <TopTokens reading={reading} cell={here} />}
        <CellNumbers reading={reading} cell={here} />
        <Curves reading={reading} cell={here} />
        <Key vocab={reading.model.vocab} />
      </div>
    </section>
  );
}

function Words(props: { reading: Reading; cell: Cell; isOpen: boolean; onOpen: () => void }) {
  const { reading, cell, isOpen, onOpen } = props;
  const isPinned = useView((state) => state.isPinned);
  const pin = useView((state) => state.pin);
  return (
    <div className="words">
      <p className="where">
        {cell.row === "output" ? "Output" : `Layer ${cell.row}`}, after{" "}
        <b>
          <TokenText text={reading.tokens[cell.position].text} />
        </b>
      </p>
      <button type="button" className="text pin" onClick={() => pin(!isPinned)}>
        {isPinned ? "Unpin" : "Pin"}
      </button>
      <button
        type="button"
        className="expand icon"
        aria-expanded={isOpen}
        aria-label="More about this cell"
        onClick={onOpen}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M3 10.5 8 5.5l5 5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        </svg>
      </button>
      <Says reading={reading} cell={cell} />
    </div>
  );
}

/** What the lens says in a cell, and what the model does. */
function Says({ reading, cell }: { reading: Reading; cell: Cell }) {
  const [likeliest] = topTokens(reading, cell);
  const answer = finalToken(reading, cell.position);
  if (isWithoutLens(reading, cell.row)) {
    return (
      <>
        <p className="says is-none">
          <b>No lens here:</b> this {lensKindName[reading.lens.kind]} lens has no layer {cell.row}.
        </p>
        <p className="beside">{answer && besides(false, answer.text, answer.logProb)}</p>
      </>
    );
  }
  return (
    <>
      {likeliest ? (
        <p className="says">
          <span>
            <TokenText text={likeliest.text} />
          </span>
          <span>{probability(Math.exp(likeliest.logProb))}</span>
        </p>
      ) : (
        <p className="says">…</p>
      )}
      <p className="beside">
        {!likeliest || !answer
          ? "Not computed yet."
          : cell.row === "output"
            ? "The model’s own answer."
            : besides(likeliest.id === answer.id, answer.text, answer.logProb)}
      </p>
    </>
  );
}

function besides(isSame: boolean, answer: string, logProb: number) {
  const p = probability(Math.exp(logProb));
  if (isSame) return `The model’s answer too, at ${p}.`;
  return (
    <>
      The model’s answer:{" "}
      <b>
        <TokenText text={answer} />
      </b>
      , at {p}.
    </>
  );
}

function Curves({ reading, cell }: { reading: Reading; cell: Cell }) {
  const logit = useReading((state) => state.logit);
  const view = useView((state) => state.view);
  const colors = useColors();
  const beside = reading.lens.kind === "logit" ? null : logit;
  const curves = useChart(createCurves, { reading, logit: beside, view, colors, here: cell });
  return <div className="curves" aria-hidden="true" ref={curves} />;
}
