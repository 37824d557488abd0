import { fromEvent } from "file-selector";
import { useEffect } from "react";

import { isOnlyNames } from "./pastedText";

const hasFiles = (data: DataTransfer | null) => data?.types.includes("Files") ?? false;

/** The files of a drop or a paste, those of folders too, each with its path. */
async function filesOf(event: Event, data: DataTransfer): Promise<File[]> {
  const itself = [...data.files]; // later they are gone
  try {
    return (await fromEvent(event)).filter((file) => file instanceof File);
  } catch {
    return itself; // what cannot be read is said of each by itself
  }
}

/** Text that is pasted into a text box is that box's, also where an office program puts a picture beside it. */
function isForBox(target: EventTarget | null, data: DataTransfer): boolean {
  const names = Array.from(data.files, ({ name }) => name);
  return target instanceof HTMLTextAreaElement && !isOnlyNames(data.getData("text/plain"), names);
}

/**
 * The whole window takes files that are dropped or pasted; while some are over it, the page's root says
 * so.
 */
export function useFileDrop(onFiles: (files: readonly File[]) => void): void {
  useEffect(() => {
    const listened = new AbortController();
    const { signal } = listened;
    const root = document.documentElement;
    const show = (isOver: boolean) => root.toggleAttribute("data-dropping", isOver);
    const take = async (event: Event, data: DataTransfer) => {
      event.preventDefault();
      onFiles(await filesOf(event, data));
    };
    window.addEventListener(
      "dragover",
      (event) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        show(true);
      },
      { signal },
    );
    window.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false), {
      signal,
    });
    window.addEventListener(
      "drop",
      (event) => {
        const { dataTransfer } = event;
        if (!dataTransfer || !hasFiles(dataTransfer)) return;
        show(false);
        void take(event, dataTransfer);
      },
      { signal },
    );
    window.addEventListener(
      "paste",
      (event) => {
        const { clipboardData, target } = event;
        if (!clipboardData || !hasFiles(clipboardData) || isForBox(target, clipboardData)) return;
        void take(event, clipboardData);
      },
      { signal },
    );
    return () => {
      listened.abort();
      show(false);
    };
  }, [onFiles]);
}
