import { startTransition, useCallback, useEffect, useRef, useState } from "react";

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
import { usePage, useReading } from "./stores";
import { useFileDrop } from "./useFileDrop";
import { WantedNotice } from "./WantedNotice";

const nothingGiven = "There is no file in what was given. An empty folder cannot be opened.";

const isOwn = ({ isBundled }: OpenLensInfo) => !isBundled;

export function App() {
  const { files, reading: store } = usePage();
  const hasTokenizer = useReading(({ info }) => info?.hasTokenizer !== false);
  const hasOwnLens = useReading(({ info }) => info?.lenses.some(isOwn) ?? false);
  const reading = useReading((state) => state.reading);
  const tabTitle = useReading((state) => title(state.progress));
  // The page's frame first, then what is drawn in it, then what says it in words: in one, that is a
  // long task.
  const [stage, setStage] = useState(0);
  useEffect(() => {
    if (stage < 2) return onNextFrame(() => startTransition(() => setStage(stage + 1)));
  }, [stage]);
  const panel = useRef<{ open(): void }>(null);
  useEffect(() => {
    document.title = tabTitle;
  }, [tabTitle]);
  const onFiles = useCallback(
    (given: readonly File[]) => {
      if (given.length > 0) return void files.getState().open(given);
      files.getState().dismiss();
      store.getState().refuse(new FileRefusedError(nothingGiven));
    },
    [files, store],
  );
  useFileDrop(onFiles);

  return (
    <>
      {reading && (
        <a className="skip" href="#reading">
          Skip to the reading
        </a>
      )}
      <HeaderBar />
      <main className="read">
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
      </main>
      {(!reading || stage >= 2) && <Foot />}
    </>
  );
}
