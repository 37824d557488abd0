import { lazy, Suspense, useId, useMemo } from "react";

import { natsOrBits } from "../chart/numbers";
import type { OpenLensInfo } from "../engine/protocol";
import { lensComparison } from "../state/lensComparison";
import { shownOnPage } from "../state/readingStore";
import { FileName } from "./FileName";
import { fileSize } from "./fileWords";
import { comparisonWords, layersOf, lensOption } from "./lensWords";
import { useFiles, useReading, useView } from "./stores";

/** Fetched by itself, as Export is. */
const LensReceipt = lazy(() => import("./LensReceipt"));

const kindNames = { tuned: "Tuned", jacobian: "Jacobian" } as const;

/**
 * The lens in use: what it is, and how it compares with the logit lens on the prompt at hand. Where
 * several of its kind are open, one is chosen here.
 */
export function LensLine({ hasOwn }: { hasOwn: boolean }) {
  const info = useReading((state) => state.info);
  const kind = useReading((state) => state.lens);
  const name = useReading((state) => state.nameInUse());
  const choose = useReading((state) => state.choose);
  const id = useId();
  if (!info) return null;
  // With the logit lens the line stays too while lenses are compared, so that nothing jumps.
  if (kind === "logit") return hasOwn ? <LogitLine /> : null;
  const { nLayers } = info.model;
  const ofKind = info.lenses.filter((lens) => lens.kind === kind);
  const lens = ofKind.find((one) => one.name === name);
  if (!lens) return null;
  const isChoice = ofKind.length > 1;
  const facts = [kindNames[kind], layersOf(lens, nLayers), fileSize(lens.sizeBytes)].join(", ");
  return (
    <div className={hasOwn ? "lens-line" : "lens-line is-beneath"}>
      {isChoice ? (
        <div className="field">
          <label className="label" htmlFor={id}>
            Lens file
          </label>
          <select
            id={id}
            value={lens.name}
            onChange={(event) => void shownOnPage(choose(kind, event.currentTarget.value))}
          >
            {ofKind.map((one) => (
              <option key={one.name} value={one.name}>
                {lensOption(one, nLayers)}
              </option>
            ))}
          </select>
        </div>
      ) : (
        <>
          <span className="label">Lens file</span>
          <FileName path={lens.name} />
        </>
      )}
      <p className="facts">
        {!isChoice && `${facts}. `}
        <Comparison lens={lens} />
      </p>
      <div className="lens-actions">
        <Suspense>
          <LensReceipt lens={lens} />
        </Suspense>
        {!lens.isBundled && <CloseButton name={lens.name} />}
      </div>
      {lens.warnings.map((warning) => (
        <p className="warning" key={warning}>
          {warning}
        </p>
      ))}
    </div>
  );
}

function LogitLine() {
  const reading = useReading((state) => state.reading);
  const { unit } = useView((state) => state.view);
  const mean = useMemo(() => reading && lensComparison(reading, reading), [reading]);
  return (
    <div className="lens-line">
      <p className="facts">
        The logit lens reads each layer as if it were the last.
        {mean && ` KL ${natsOrBits(mean.logit, unit)} ${unit} on average.`}
      </p>
    </div>
  );
}

function Comparison({ lens }: { lens: OpenLensInfo }) {
  const reading = useReading((state) => state.reading);
  const logit = useReading((state) => state.logit);
  const { unit } = useView((state) => state.view);
  const isOfLens = reading?.lens.sha256 === lens.sha256;
  const comparison = useMemo(
    () => (reading && logit && isOfLens ? lensComparison(reading, logit) : null),
    [reading, logit, isOfLens],
  );
  return reading && isOfLens ? `${comparisonWords(comparison, unit)}.` : null;
}

function CloseButton({ name }: { name: string }) {
  const close = useFiles((state) => state.close);
  const onClose = async () => {
    await shownOnPage(close(name));
    // The button is gone, or is another lens's.
    document.querySelector<HTMLInputElement>("#controls input:checked")?.focus();
  };
  return (
    <button
      type="button"
      className="text"
      aria-label={`Close lens ${name}`}
      onClick={() => void onClose()}
    >
      Close
    </button>
  );
}
