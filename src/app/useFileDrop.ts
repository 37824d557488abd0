import { useEffect } from "react";

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;

/** The whole window takes dropped files; while some are over it, the page's root says so. */
export function useFileDrop(onFiles: (files: readonly File[]) => void): void {
  useEffect(() => {
    const listened = new AbortController();
    const { signal } = listened;
    const root = document.documentElement;
    const show = (isOver: boolean) => root.toggleAttribute("data-dropping", isOver);
    window.addEventListener(
      "dragover",
      (event) => {
        if (!hasFiles(event)) return;
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
        if (!hasFiles(event)) return;
        event.preventDefault();
        show(false);
        onFiles([...(event.dataTransfer?.files ?? [])]);
      },
      { signal },
    );
    return () => {
      listened.abort();
      show(false);
    };
  }, [onFiles]);
}
