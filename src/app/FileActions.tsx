import { lazy, Suspense } from "react";

import { copyLink } from "../state/share";
import { OpenFilesButton } from "./OpenFilesButton";
import { usePage, useReading, useView } from "./stores";

/** Fetched by itself: its menu is a third of the page's code. */
const ExportMenu = lazy(() => import("./ExportMenu"));

export function FileActions() {
  const { reading, address } = usePage();
  const say = useView((state) => state.say);
  const hasReading = useReading((state) => state.reading !== null);
  return (
    <div className="files">
      <OpenFilesButton className="text" name="Open files…" />
      <button
        type="button"
        className="text"
        onClick={async () => say(await copyLink(address, reading))}
      >
        Share
      </button>
      {hasReading && (
        <Suspense
          fallback={
            <button type="button" className="text">
              Export
            </button>
          }
        >
          <ExportMenu />
        </Suspense>
      )}
    </div>
  );
}
