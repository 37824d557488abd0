import { startTransition, useCallback, useEffect, useRef, useState } from "react";

import { onNextFrame } from "../math/onNextFrame";
import { openFiles } from "../state/openFiles";
import { Captions } from "./Captions";
import { CellPanel } from "./CellPanel";
import { Controls } from "./Controls";
import { Examples } from "./Examples";
import { Figure } from "./Figure";
import { FileActions } from "./FileActions";
import { Foot, HeaderBar } from "./HeaderBar";
import { PromptForm } from "./PromptForm";
import { ReadingTable } from "./ReadingTable";
import { Refusal } from "./Refusal";
import { StatusLine } from "./StatusLine";
import { title } from "./statusSentence";
import { usePage, useReading } from "./stores";
import { useFileDrop } from "./useFileDrop";

export function App() {
  const store = usePage().reading;
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
  useFileDrop(useCallback((files) => void openFiles(store, files), [store]));

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
        <Examples />
        <FileActions />
        <StatusLine />
        <Refusal />
        <Controls />
        {reading && stage >= 1 && (
          <>
            <Captions reading={reading} />
            <Figure reading={reading} onOpen={() => panel.current?.open()} />
          </>
        )}
        {reading && stage >= 2 && (
          <>
            <CellPanel reading={reading} ref={panel} />
            <ReadingTable reading={reading} />
          </>
        )}
      </main>
      {(!reading || stage >= 2) && <Foot />}
    </>
  );
}
