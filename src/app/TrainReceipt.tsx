import { lazy, Suspense } from "react";

import type { UnitScale } from "../chart/lensUnit";
import { shownOnPage } from "../state/readingStore";
import { ReceiptList } from "./ReceiptList";
import { closedSentence, type ReceiptRow, receiptRows, receiptSoFar } from "./receiptWords";
import { usePage, useReading, useTraining, useView } from "./stores";

/** Fetched by itself, as Export is. */
const SaveLensMenu = lazy(() => import("./SaveLensMenu"));

/** What a lens is made of, and what one does with it. */
export function TrainReceipt({ unit, onRead }: { unit: UnitScale; onRead: () => void }) {
  const rows = useRows(unit);
  const isDone = useTraining((state) => state.receipt !== null);
  return (
    <section className="receipt" aria-labelledby="receipt-title">
      <h2 id="receipt-title">{rows && !isDone ? "Receipt so far" : "Receipt"}</h2>
      {rows ? (
        <ReceiptList rows={rows} />
      ) : (
        <p className="aside receipt-none">
          What a lens was made of: its text, start, method and seed, with its held-out KL beside the
          logit lens’s. It is saved with the lens.
        </p>
      )}
      {isDone ? <Uses onRead={onRead} /> : <Watch onRead={onRead} />}
    </section>
  );
}

function useRows(unit: UnitScale): ReceiptRow[] | null {
  const { app } = usePage();
  const receipt = useTraining((state) => state.receipt);
  const text = useTraining((state) => state.runText);
  const settings = useTraining((state) => state.runSettings);
  const model = useTraining((state) => state.runModel);
  const machine = useTraining((state) => state.runMachine);
  const report = useTraining((state) => state.report);
  const measured = useTraining((state) => state.history.at(-1));
  if (receipt) return receiptRows(receipt, unit);
  if (!text || !settings || !model || !machine || !report || !measured) return null;
  const { version } = app;
  return receiptSoFar({ text, settings, model, machine, report, measured, version }, unit);
}

/** Takes the lens in training to the Read tab, where it is drawn anew as it grows. */
function Watch({ onRead }: { onRead: () => void }) {
  const use = useUse(onRead);
  const lens = useTraining((state) => state.lens);
  const isOpen = useReading(({ info }) => info?.lenses.some(({ name }) => name === lens) ?? false);
  if (!isOpen) return null;
  return (
    <div className="actions">
      <button type="button" className="secondary" onClick={use}>
        Read with it as it grows
      </button>
    </div>
  );
}

/** @returns reads with the lens that was trained last */
function useUse(onRead: () => void): () => void {
  const choose = useTraining((state) => state.useLens);
  return () => {
    onRead();
    void shownOnPage(choose());
  };
}

function Uses({ onRead }: { onRead: () => void }) {
  const use = useUse(onRead);
  const copyReceipt = useTraining((state) => state.copyReceipt);
  const lens = useTraining((state) => state.lens);
  const receipt = useTraining((state) => state.receipt);
  const info = useReading((state) => state.info);
  const closed = receipt && closedSentence(receipt, lens, info);
  const notice = useTraining((state) => state.notice);
  const said = useView((state) => state.said);
  return (
    <>
      {closed && <p className="aside">{closed}</p>}
      {lens !== null && !closed && (
        <div className="actions">
          <button type="button" className="primary" onClick={use}>
            Use this lens
          </button>
          <Suspense
            fallback={
              <button type="button" className="secondary">
                Save…
              </button>
            }
          >
            <SaveLensMenu lens={lens} />
          </Suspense>
        </div>
      )}
      <button type="button" className="text" onClick={() => void shownOnPage(copyReceipt())}>
        Copy receipt
      </button>
      <p className="receipt-said" aria-live="polite">
        {[notice, said].filter(Boolean).join(" ")}
      </p>
    </>
  );
}
