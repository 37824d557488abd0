import type { TextSource, TextSummary, TrainingEngine } from "../engine/trainingProtocol";
import { LensError, TrainingTextError } from "../errors";
import { corpora, fetchCorpus } from "./corpora";
import { createLatest, type Schedule } from "./latest";
import { orAbort } from "./orAbort";
import { type ReadingStore, shownOnPage } from "./readingStore";
import type { TextFields, TrainingState } from "./trainingState";

type Slice = Pick<TrainingState, "text" | "textStatus">;
type Port = {
  readonly get: () => Slice;
  readonly set: (change: Partial<Slice>) => void;
  /** Then nothing is prepared that was not asked for. */
  readonly isTraining: () => boolean;
};

/** From the last change of the text to its being prepared. */
const pauseMs = 500;

/** A browser needs seconds to lay out what is put into a field past this: it becomes a file. */
export const longestPaste = 200_000;

/** Those that were pasted, whatever they are called: a text has the same name however long it is. */
const pastedFiles = new WeakSet<File>();
const textNameOf = (file: File) => (pastedFiles.has(file) ? "pasted" : file.name);

/** Whether there is anything to train on. */
export const isTextGiven = ({ choice, pastedLength, files, corpus }: TextFields): boolean =>
  choice === "sample" ||
  (choice === "paste" ? pastedLength > 0 : choice === "file" ? files.length > 0 : corpus !== null);

/** The form's text: what is pasted, and what the engine makes of it. */
export function createTrainingText(
  engine: Pick<TrainingEngine, "prepareText" | "cancelText">,
  reading: ReadingStore,
  schedule: Schedule,
  { get, set, isTraining }: Port,
) {
  /** It may be of many megabytes, and is no part of what components look at. */
  let pasted = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current: { readonly done: Promise<TextSummary>; readonly stop: AbortController } | null =
    null;
  /** Settles when what is no longer wanted has ended: the engine prepares one text at a time. */
  let ended: Promise<unknown> = Promise.resolve();

  async function sourceOf(
    { choice, files, corpus, sample }: TextFields,
    signal: AbortSignal,
  ): Promise<TextSource> {
    switch (choice) {
      case "paste":
        if (!/\S/.test(pasted)) break;
        return { kind: "text", name: "pasted", text: pasted };
      case "file":
        if (files.length === 0) break;
        return { kind: "files", files: files.map((blob) => ({ name: textNameOf(blob), blob })) };
      case "corpus": {
        const chosen = corpora.find(({ id }) => id === corpus);
        if (!chosen) break;
        return { kind: "text", name: chosen.name, text: await fetchCorpus(chosen, signal) };
      }
      case "sample":
        return { kind: "sample", ...sample };
    }
    throw new TrainingTextError(
      "There is no text yet. Paste one, choose files or one of the page's texts, or let the model write it.",
    );
  }

  async function run(signal: AbortSignal): Promise<TextSummary> {
    const { text } = get();
    const report = createLatest<Slice["textStatus"]>(schedule, (textStatus) => {
      if (!signal.aborted && get().textStatus.status === "preparing") set({ textStatus });
    });
    set({ textStatus: { status: "preparing", progress: null } });
    try {
      const source = await sourceOf(text, signal);
      await orAbort(reading.getState().load(), signal);
      await ended;
      signal.throwIfAborted();
      const summary = await engine.prepareText(source, text.options, (progress) =>
        report({ status: "preparing", progress }),
      );
      signal.throwIfAborted();
      set({ textStatus: { status: "ready", summary } });
      return summary;
    } catch (error) {
      if (!signal.aborted) {
        set({
          textStatus: error instanceof LensError ? { status: "failed", error } : { status: "idle" },
        });
      }
      throw error;
    }
  }

  /** What is prepared, now or before, is no longer what is asked for. */
  function forget(): void {
    clearTimeout(timer);
    if (current) {
      const { done, stop } = current;
      current = null;
      stop.abort(new DOMException("The text is another one now.", "AbortError"));
      ended = Promise.allSettled([ended, engine.cancelText(), done]);
    }
    if (get().textStatus.status !== "idle") set({ textStatus: { status: "idle" } });
  }

  function prepare(): Promise<TextSummary> {
    clearTimeout(timer);
    const { textStatus } = get();
    if (textStatus.status === "ready") return Promise.resolve(textStatus.summary);
    if (!current) {
      const stop = new AbortController();
      const mine = { stop, done: run(stop.signal) };
      const over = () => {
        if (current === mine) current = null;
      };
      current = mine;
      mine.done.then(over, over);
    }
    return current.done;
  }

  /** Prepares the text in a pause, where that costs neither a download nor the model's writing. */
  function plan(): void {
    clearTimeout(timer);
    const { text, textStatus } = get();
    const isAtHand =
      reading.getState().info !== null && text.choice !== "sample" && isTextGiven(text);
    if (isAtHand && textStatus.status === "idle" && !isTraining())
      timer = setTimeout(() => void shownOnPage(prepare()), pauseMs);
  }

  function change(text: TextFields): void {
    const isSame = isSameText(get().text, text);
    set({ text });
    if (isSame) return;
    forget();
    plan();
  }

  function paste(text: string): void {
    pasted = text;
    set({ text: { ...get().text, pastedLength: text.length } });
    if (get().text.choice !== "paste") return;
    forget();
    plan();
  }

  return {
    paste,
    give(text: string): void {
      if (text.length > longestPaste) {
        const file = new File([text], "pasted.txt");
        pastedFiles.add(file);
        change({ ...get().text, choice: "file", files: [file] });
        return;
      }
      paste(text);
      change({ ...get().text, choice: "paste" });
    },
    pasted: () => pasted,
    change: (fields: Partial<TextFields>) => change({ ...get().text, ...fields }),
    prepare,
    plan,
    /** Ends what is prepared; what is ready stays. */
    cancel(): void {
      clearTimeout(timer);
      if (current) forget();
    },
    forget,
    /** The engine has a text that is not the form's: it is the one in use, where the form has none. */
    adopt(summary: TextSummary): void {
      const { text, textStatus } = get();
      if (textStatus.status !== "idle" || isTextGiven(text)) return;
      set({ textStatus: { status: "ready", summary } });
    },
  };
}

/** Whether two forms ask for one text, but for what is pasted. */
function isSameText(a: TextFields, b: TextFields): boolean {
  if (a.choice !== b.choice || a.options !== b.options) return false;
  switch (a.choice) {
    case "paste":
      return true;
    case "file":
      return a.files === b.files;
    case "corpus":
      return a.corpus === b.corpus;
    case "sample":
      return a.sample === b.sample;
  }
}

/** What to call a lens that is trained on this text. */
export function lensNameOf({ choice, files, corpus }: TextFields): string {
  switch (choice) {
    case "paste":
      return "my text";
    case "file":
      if (files.some((file) => pastedFiles.has(file))) return "my text";
      return files[0]?.name.replace(/\.[^.]+$/, "") || "my text";
    case "corpus":
      return corpora.find(({ id }) => id === corpus)?.name ?? "my text";
    case "sample":
      return "sampled";
  }
}
