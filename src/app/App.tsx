import { lazy, Suspense, startTransition, useCallback, useEffect, useRef, useState } from "react";

import type { OpenLensInfo } from "../engine/protocol";
import { FileRefusedError } from "../errors";
import { onNextFrame } from "../math/onNextFrame";
import { Captions } from "./Captions";
import { CellPanel } from "./CellPanel";
import { Controls } from "./Controls";
import { Examples } from "./Examples";
import { Figure } from "./Figure";
import { FileActions } from "./FileActions";
import { GivenFiles } from "./GivenFiles";
import { Foot, HeaderBar } from "./HeaderBar";
import { LensLine } from "./LensLine";
import { PromptForm, PromptHint } from "./PromptForm";
import { ReadingTable } from "./ReadingTable";
import { Refusal } from "./Refusal";
import { StatusLine } from "./StatusLine";
import { title } from "./statusSentence";
import { usePage, useReading, useTraining } from "./stores";
import { sortFiles } from "./trainingFiles";
import { shareSampled, trainTitle } from "./trainTitle";
import { useFileDrop } from "./useFileDrop";
import { useTab } from "./useTab";
import { WantedNotice } from "./WantedNotice";

/** Fetched when its tab is first in front. */
const TrainPanel = lazy(() => import("./TrainPanel"));

const nothingGiven = "There is no file in what was given. An empty folder cannot be opened.";

const isOwn = ({ isBundled }: OpenLensInfo) => !isBundled;

export function App() {
  const { files, reading: store, training, view } = usePage();
  const [tab, setTab] = useTab();
  const hasTokenizer = useReading(({ info }) => info?.hasTokenizer !== false);
  const hasOwnLens = useReading(({ info }) => info?.lenses.some(isOwn) ?? false);
  const reading = useReading((state) => state.reading);
  const loading = useReading((state) => title(state.progress));
  const trained = useTraining((state) => trainTitle(state.run, state.report, shareSampled(state)));
  const tabTitle = loading ?? trained ?? "Midthought";
  const [hasTrain, setHasTrain] = useState(tab === "train");
  if (tab === "train" && !hasTrain) setHasTrain(true);
  // The page's frame first, then what is drawn in it, then what says it in words: in one, that is a
  // long task.
  const [stage, setStage] = useState(0);
  useEffect(() => {
    if (stage < 2) return onNextFrame(() => startTransition(() => setStage(stage + 1)));
  }, [stage]);
  const onTab = (next: typeof tab) => {
    view.getState().say(null); // it is about a button of the other tab
    setTab(next);
  };
  const toReading = () => {
    onTab("read");
    document.getElementById("tab-read")?.focus(); // the button that had it is on the other tab
  };
  const panel = useRef<{ open(): void }>(null);
  useEffect(() => {
    document.title = tabTitle;
  }, [tabTitle]);
  const onFiles = useCallback(
    (given: readonly File[]) => {
      const { texts, others } = tab === "train" ? sortFiles(given) : { texts: [], others: given };
      if (texts.length > 0) {
        if (store.getState().refusal) {
          files.getState().dismiss();
          store.getState().dismiss(); // it is about what was dropped before
        }
        training.getState().setText({ choice: "file", files: texts });
      }
      if (others.length > 0) void files.getState().open(others);
      if (given.length > 0) return;
      files.getState().dismiss();
      store.getState().refuse(new FileRefusedError(nothingGiven));
    },
    [files, store, training, tab],
  );
  useFileDrop(onFiles);

  return (
    <>
      {reading && tab === "read" && (
        <a className="skip" href="#reading">
          Skip to the reading
        </a>
      )}
      <HeaderBar tab={tab} onTab={onTab} />
      <main>
        <div
          className="read"
          role="tabpanel"
          id="read"
          aria-labelledby="tab-read"
          hidden={tab !== "read"}
        >
          <PromptForm />
          {hasTokenizer ? <Examples /> : <PromptHint />}
          <FileActions />
          <StatusLine />
          <GivenFiles />
          <Refusal />
          <WantedNotice />
          <Controls />
          {hasOwnLens && <LensLine hasOwn />}
          {reading && stage >= 1 && (
            <>
              <Captions reading={reading} />
              <Figure reading={reading} onOpen={() => panel.current?.open()} />
            </>
          )}
          {reading && stage >= 2 && (
            <>
              <CellPanel reading={reading} ref={panel} />
              {!hasOwnLens && <LensLine hasOwn={false} />}
              <ReadingTable reading={reading} />
            </>
          )}
        </div>
        <div
          className="train"
          role="tabpanel"
          id="train"
          aria-labelledby="tab-train"
          hidden={tab !== "train"}
        >
          {hasTrain && (
            <Suspense>
              <TrainPanel isInFront={tab === "train"} onRead={toReading} />
            </Suspense>
          )}
        </div>
      </main>
      {(!reading || stage >= 2) && <Foot tab={tab} />}
    </>
  );
}
