import { useEffect, useRef, useState } from "react";

import type { Reading } from "../lens/reading";
import { answerOf } from "../state/answer";
import { count, probability } from "./numbers";
import { rowsRead, shareDone, statusSentence } from "./statusSentence";
import { TokenText } from "./TokenText";
import { useReading } from "./useReading";

/** What the model says after the prompt, and since which layer its lens does. */
function Summary({ reading }: { reading: Reading }) {
  const { after, says, probability: p, since } = answerOf(reading);
  const hasLayers = reading.rows.length > 1;
  return (
    <>
      After{" "}
      <b>
        <TokenText text={after} />
      </b>{" "}
      the model says{" "}
      <b>
        <TokenText text={says} />
      </b>
      , {probability(p)}
      {hasLayers &&
        (since === null
          ? `; no layer of the ${reading.lens.kind} lens says so before the output`
          : `; the ${reading.lens.kind} lens says so from layer ${since} on`)}
      .
    </>
  );
}

/** A sentence that changes often, for those who hear the page: at most every ten seconds. */
function useSpoken(sentence: string | null): string | null {
  const [spoken, setSpoken] = useState<string | null>(null);
  const newest = useRef(sentence);
  useEffect(() => {
    newest.current = sentence;
  });
  const isSilent = sentence === null;
  useEffect(() => {
    if (isSilent) return setSpoken(null);
    const timer = setInterval(() => setSpoken(newest.current), 10_000);
    return () => clearInterval(timer);
  }, [isSilent]);
  return spoken;
}

/** @param notice a sentence about the address, or null */
export function StatusLine({ notice }: { notice: string | null }) {
  const progress = useReading((state) => state.progress);
  const reading = useReading((state) => state.reading);
  const isDrawn = useReading((state) => state.drawn === state.reading);
  const elapsedMs = useReading((state) => state.elapsedMs);
  const machineNotice = useReading((state) => state.info?.notice ?? null);
  const cancel = useReading((state) => state.cancel);

  const sentence = statusSentence(progress, reading, isDrawn);
  const isBusy = progress.status === "loading" || progress.status === "reading";
  const isDownloading = progress.status === "loading" && progress.load?.status === "downloading";
  const share = shareDone(progress, reading);
  const spoken = useSpoken(isDownloading ? sentence : null);
  const whole = reading && isDrawn && !rowsRead(reading) && !isBusy ? reading : null;
  return (
    <div className="status">
      <div className="says">
        <p role="status" aria-live={isDownloading ? "off" : "polite"}>
          {sentence ? `${sentence} ` : null}
          {whole && <Summary reading={whole} />}{" "}
          {whole && progress.status === "failed" && <small>Nothing was changed.</small>}
          {whole && progress.status === "idle" && elapsedMs !== null && (
            <small>
              {count(whole.tokens.length, "token")}, {count(whole.rows.length, "row")},{" "}
              {(elapsedMs / 1000).toFixed(2)} s.
            </small>
          )}
        </p>
        {[notice, machineNotice].map((line) => line && <p key={line}>{line}</p>)}
      </div>
      <p className="spoken" aria-live="polite">
        {spoken}
      </p>
      {isBusy && (
        <div className="load">
          <div
            role="progressbar"
            aria-label={progress.status === "loading" ? "Loading" : "Reading"}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
          >
            <i style={{ width: `${(share ?? 0) * 100}%` }} />
          </div>
          <button type="button" className="text" onClick={cancel}>
            Cancel
          </button>
        </div>
      )}
    </div>
  );
}
