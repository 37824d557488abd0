import { useEffect, useMemo, useState } from "react";

import { count, probability } from "../chart/numbers";
import { isWhole } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { answerOf } from "../state/answer";
import { focusPrompt } from "./focusPrompt";
import { shareDone, sinceClause, statusSentence, summarySentence } from "./statusSentence";
import { useFiles, usePage, useReading, useView } from "./stores";
import { TokenText } from "./TokenText";
import { useRested } from "./useRested";
import { useSpoken } from "./useSpoken";

/** A read that follows the typing is mostly over before one could read that it goes on. */
const patienceMs = 500;
/** How long the page says what was just done. */
const saidMs = 8000;

/** What the model says after the prompt, and since which layer its lens does. */
function Summary({ reading }: { reading: Reading }) {
  const answer = answerOf(reading);
  if (!answer) return null;
  const { after, says, probability: p } = answer;
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
      {sinceClause(reading, answer)}.
    </>
  );
}

/** What is beside the summary: how long it took, or where it comes from. */
function Aside({ reading, elapsedMs }: { reading: Reading; elapsedMs: number | null }) {
  const { offer } = usePage();
  const source = useReading((state) => state.source);
  const status = useReading((state) => state.progress.status);
  const isLoaded = useReading((state) => state.info !== null);
  const isRefused = useReading(({ refusal }) => refusal !== null);
  const isOpened = useFiles(({ rows }) => rows.some((row) => row.status === "used"));
  const isOther = useReading(
    ({ prompt, ids }) => ids === null && reading.prompt !== null && prompt !== reading.prompt,
  );
  const size = Math.round(offer.sizeBytes / 1e6);
  const isEmpty = useReading((state) => state.prompt === "" && state.ids === null);
  if ((status === "failed" || isRefused) && !isOpened) return "Nothing was changed.";
  if (status === "loading") {
    return source.kind === "recorded"
      ? "Meanwhile, a recorded reading."
      : "Meanwhile, the last one.";
  }
  if (!isLoaded && isOther) {
    return `This is the reading of another prompt. Read loads the model, ${size} MB, once.`;
  }
  if (isEmpty) return "The prompt is empty: this is the last reading.";
  if (source.kind === "file") return `From ${source.name}.`;
  if (source.kind === "recorded") {
    return isLoaded
      ? "Recorded reading."
      : `Recorded reading: the model is not loaded yet. Read loads it, ${size} MB, once.`;
  }
  if (elapsedMs === null) return null;
  return `${count(reading.tokens.length, "token")}, ${count(reading.rows.length, "row")}, ${(elapsedMs / 1000).toFixed(2)} s.`;
}

export function StatusLine() {
  const { offer } = usePage();
  const progress = useReading((state) => state.progress);
  const reading = useReading((state) => state.reading);
  const isDrawn = useReading((state) => state.drawn === state.reading);
  const isTyped = useReading((state) => state.isTyped);
  const isLoaded = useReading((state) => state.info !== null);
  const elapsedMs = useReading((state) => state.elapsedMs);
  const machineNotice = useReading((state) => state.info?.notice ?? null);
  const notice = useView((state) => state.notice);
  const said = useView((state) => state.said);
  const say = useView((state) => state.say);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => say(null), saidMs);
    return () => clearTimeout(timer);
  }, [said, say]);
  const cancel = useReading((state) => state.cancel);
  const isRefused = useReading(({ refusal }) => refusal !== null);

  const onCancel = () => {
    cancel();
    focusPrompt();
  };

  // While the reading follows the typing, its last sentence stays until the next one is there.
  const isWorking = progress.status === "reading" || !isDrawn;
  const isSlow = useRested(isWorking, patienceMs) === true && isWorking;
  const isSettled =
    reading !== null && isDrawn && isWhole(reading) && progress.status !== "reading";
  const now = useMemo(
    () => (isSettled && reading ? { reading, elapsedMs } : null),
    [isSettled, reading, elapsedMs],
  );
  const [settled, setSettled] = useState(now);
  if (now && now !== settled) setSettled(now);
  const isQuiet = isTyped && isWorking && !isSlow && settled !== null;

  const sentence = isQuiet ? null : statusSentence({ progress, reading, isDrawn, offer, isLoaded });
  const whole = isQuiet ? settled : now;
  const isLoading = progress.status === "loading";
  const isReading = progress.status === "reading" && !isQuiet;
  const isDownloading = isLoading && progress.load?.status === "downloading";
  const share = shareDone(progress, reading);
  const spokenProgress = useSpoken(isDownloading || isReading ? sentence : null);
  const spokenTyped = useRested(isTyped && whole ? summarySentence(whole.reading) : null, 1000);
  return (
    <div className="status">
      <div className="sentences">
        <p
          role="status"
          id="status"
          aria-live={isDownloading || isReading || isTyped ? "off" : "polite"}
        >
          {said && <b>{said} </b>}
          {sentence ? `${sentence} ` : null}
          {whole && !isLoading && progress.status !== "cancelled" && (
            <Summary reading={whole.reading} />
          )}{" "}
          {whole && (progress.status !== "cancelled" || isRefused) && (
            <small>
              <Aside {...whole} />
            </small>
          )}
        </p>
        {machineNotice && <p>{machineNotice}</p>}
        <p className="notice" aria-live="polite">
          {notice}
        </p>
      </div>
      <p className="spoken" aria-live="polite">
        {spokenProgress ?? (isTyped ? spokenTyped : null)}
      </p>
      {(isLoading || isReading) && (
        <div className="load">
          <div
            role="progressbar"
            aria-label={isLoading ? "Loading" : "Reading"}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
          >
            <i style={{ width: `${(share ?? 0) * 100}%` }} />
          </div>
          <button type="button" className="text" onClick={onCancel}>
            Cancel
          </button>
        </div>
      )}
    </div>
  );
}
