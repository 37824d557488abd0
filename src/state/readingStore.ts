import { createStore } from "zustand/vanilla";

import type {
  BackendChoice,
  Engine,
  EngineInfo,
  LoadProgress,
  ReadRequest,
} from "../engine/protocol";
import { LensError } from "../errors";
import type { LensInfo, Reading } from "../lens/reading";
import { createLatest, onNextFrame, type Schedule } from "./latest";

export type LensKind = LensInfo["kind"];

/** Where the page stands with the prompt that it reads. */
export type Progress =
  | { readonly status: "idle" }
  /** `load` is null until the engine has reported. */
  | { readonly status: "loading"; readonly load: LoadProgress | null }
  | { readonly status: "reading" }
  /** `load` is how far a load had come; null where a read was cancelled. */
  | { readonly status: "cancelled"; readonly load: LoadProgress | null }
  /** `request` is what was to be read, or null where the model was only loaded. */
  | { readonly status: "failed"; readonly error: LensError; readonly request: ReadRequest | null };

export type ReadingState = {
  /** What stands in the prompt box. */
  readonly prompt: string;
  readonly lens: LensKind;
  readonly backend: BackendChoice;
  /** null until the model is loaded. */
  readonly info: EngineInfo | null;
  readonly progress: Progress;
  /** What is drawn. It stays while a newer one is computed, and when that fails. */
  readonly reading: Reading | null;
  /** How long the reading took, without loading; null until it is whole. */
  readonly elapsedMs: number | null;
  /** The last reading whose every row the table has drawn, some frames after it became `reading`. */
  readonly drawn: Reading | null;

  edit(prompt: string): void;
  /** Loads the model and its lens, once. */
  load(): Promise<EngineInfo>;
  /**
   * Reads a prompt, by default what stands in the box with the lens that is chosen, and shows it.
   * Resolves to the whole reading.
   *
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled or a newer read overtook it
   */
  read(request?: Partial<ReadRequest>): Promise<Reading>;
  /** Reads what is read or shown now with another lens. */
  choose(lens: LensKind): Promise<void>;
  /** Does again what failed. */
  retry(): Promise<void>;
  /** Ends the load or the read that is under way; the prompt and the last reading stay. */
  cancel(): void;
  dismiss(): void;
  /** The table says that it has drawn a reading. */
  drew(reading: Reading): void;
};

/** A whole reading, and what was asked for. */
type Shown = {
  readonly request: ReadRequest;
  readonly reading: Reading;
  readonly elapsedMs: number;
};

export type ReadingStoreOptions = {
  /** What stands in the prompt box at first. */
  readonly prompt: string;
  readonly backend: BackendChoice;
  /** When partial readings and progress reach the page: with its frames, unless given. */
  readonly schedule?: Schedule;
};

const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";
const abort = () => new DOMException("Cancelled, or a newer read was started.", "AbortError");

/** Waits for what the page itself shows when it fails; anything else that is thrown is a bug. */
export async function shownOnPage(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof LensError) && !isAbort(error)) throw error;
  }
}

const asksForTheSame = (a: ReadRequest, b: ReadRequest) =>
  a.prompt === b.prompt && a.topK === b.topK && a.rows === b.rows;

export function createReadingStore(engine: Engine, options: ReadingStoreOptions) {
  const { schedule = onNextFrame } = options;
  let latest = 0;
  let isRunning = false;
  /** The load that is under way, and what cancels it where the engine has not begun it yet. */
  let loading: { readonly done: Promise<EngineInfo>; readonly stop: AbortController } | null = null;
  /** Settles when what was cancelled has ended, so that the next load is a new one. */
  let ending: Promise<unknown> = Promise.resolve();
  /** What the read under way, or else the reading on the page, was asked for. */
  let current: ReadRequest | null = null;
  /** The newest whole reading of each lens, all of one prompt; the last is on the page. */
  let shown: readonly Shown[] = [];

  return createStore<ReadingState>()((set, get) => {
    /** Back to the last whole reading; a partial one stays only where there is no whole one. */
    function settle(progress: Progress) {
      const last = shown.at(-1);
      if (!last) return set({ progress });
      current = last.request;
      const { reading, elapsedMs } = last;
      set({ reading, elapsedMs, lens: reading.lens.kind, progress });
    }

    function fail(error: unknown, request: ReadRequest | null) {
      if (error instanceof LensError) settle({ status: "failed", error, request });
      else if (isAbort(error)) settle({ status: "cancelled", load: null });
      else settle({ status: "idle" }); // a bug: the caller gets it, and the page stays usable
    }

    const report = createLatest<LoadProgress>(schedule, (load) => {
      if (loading) set({ progress: { status: "loading", load } });
    });

    async function begin(signal: AbortSignal): Promise<EngineInfo> {
      if (!get().info) set({ progress: { status: "loading", load: null } });
      await ending;
      if (signal.aborted) throw abort();
      const info = await engine.load(get().backend, report);
      set({ info });
      return info;
    }

    /** Asked before each read, so that what failed or was lost is loaded again. */
    function load(): Promise<EngineInfo> {
      if (loading) return loading.done;
      const stop = new AbortController();
      const done = begin(stop.signal).finally(() => {
        if (loading?.stop === stop) loading = null;
      });
      loading = { done, stop };
      return done;
    }

    function show(next: Shown) {
      const others = shown.filter(
        ({ request }) =>
          asksForTheSame(request, next.request) && request.lens !== next.request.lens,
      );
      shown = [...others, next];
      settle({ status: "idle" });
    }

    async function run(request: ReadRequest): Promise<Reading> {
      const turn = ++latest;
      let isOver = false; // a partial reading may come after the whole one, by another port
      const partial = createLatest<Reading>(schedule, (reading) => {
        if (turn === latest && !isOver) set({ reading, elapsedMs: null });
      });
      current = request;
      isRunning = true;
      try {
        if (get().info) set({ progress: { status: "reading" } });
        await load();
        if (turn !== latest) throw abort();
        set({ progress: { status: "reading" } });
        const started = performance.now();
        const reading = await engine.read(request, partial);
        const elapsedMs = performance.now() - started;
        const info = await engine.load(get().backend, report); // a lost GPU may have been replaced
        if (turn !== latest) throw abort();
        set({ info });
        show({ request, reading, elapsedMs });
        return reading;
      } catch (error) {
        if (turn === latest) fail(error, request);
        throw error;
      } finally {
        isOver = true;
        if (turn === latest) isRunning = false;
      }
    }

    return {
      prompt: options.prompt,
      lens: "tuned",
      backend: options.backend,
      info: null,
      progress: { status: "idle" },
      reading: null,
      elapsedMs: null,
      drawn: null,

      edit: (prompt) => set({ prompt }),

      async load() {
        const turn = latest;
        const isAlone = !isRunning; // otherwise the read that waits for it tells the page
        try {
          const info = await load();
          if (isAlone && turn === latest) set({ progress: { status: "idle" } });
          return info;
        } catch (error) {
          if (isAlone && turn === latest) fail(error, null);
          throw error;
        }
      },

      read(request = {}) {
        if (typeof request.prompt === "string") set({ prompt: request.prompt });
        const { prompt, lens } = get();
        return run({ ...request, prompt: request.prompt ?? prompt, lens: request.lens ?? lens });
      },

      async choose(lens) {
        set({ lens });
        if (!current) return;
        const request = { ...current, lens };
        const known = shown.find(
          (one) => asksForTheSame(one.request, request) && one.request.lens === lens,
        );
        if (!known) {
          await run(request);
          return;
        }
        latest++;
        isRunning = false;
        if (get().progress.status === "reading") await engine.cancel();
        show(known);
      },

      async retry() {
        const { progress } = get();
        if (progress.status !== "failed") return;
        await (progress.request ? run(progress.request) : get().load());
      },

      cancel() {
        const { progress } = get();
        if (progress.status !== "loading" && progress.status !== "reading") return;
        latest++;
        isRunning = false;
        loading?.stop.abort();
        ending = Promise.allSettled([engine.cancel(), loading?.done]);
        loading = null;
        settle({ status: "cancelled", load: progress.status === "loading" ? progress.load : null });
      },

      dismiss() {
        if (get().progress.status === "failed") set({ progress: { status: "idle" } });
      },

      drew: (drawn) => set({ drawn }),
    };
  });
}

export type ReadingStore = ReturnType<typeof createReadingStore>;
