import { useEffect } from "react";

import { HeaderBar } from "./HeaderBar";
import { LensChoice } from "./LensChoice";
import { LensGrid } from "./LensGrid";
import { PromptForm } from "./PromptForm";
import { Refusal } from "./Refusal";
import { StatusLine } from "./StatusLine";
import { title } from "./statusSentence";
import { useReading } from "./useReading";

/** @param notice a sentence about the address, or null */
export function App({ notice }: { notice: string | null }) {
  const reading = useReading((state) => state.reading);
  const isBusy = useReading((state) => state.progress.status === "reading");
  const tabTitle = useReading((state) => title(state.progress));
  useEffect(() => {
    document.title = tabTitle;
  }, [tabTitle]);

  return (
    <>
      <a className="skip" href="#reading">
        Skip to the reading
      </a>
      <HeaderBar />
      <main className="read">
        <PromptForm />
        <StatusLine notice={notice} />
        <Refusal />
        <LensChoice />
        {reading && <LensGrid reading={reading} isBusy={isBusy} />}
      </main>
    </>
  );
}
