import { createStore } from "zustand/vanilla";

import type {
  BackendChoice,
  Engine,
  EngineInfo,
  LoadProgress,
  ReadRequest,
} from "../engine/protocol";
import { LensError, MissingLensError } from "../errors";
import { haveSameCells, isWhole } from "../lens/cells";
import type { LensInfo, Reading } from "../lens/reading";
import { createLatest, onNextFrame, type Schedule } from "./latest";
import { createShelf, type Shelved, type Source } from "./shelf";

export type LensKind = LensInfo["kind"];

/** Where the page stands with the prompt that it reads. */
export type Progress =
  | { readonly status: "idle" }
  /** `load` is null until the engine has reported. */
  | { readonly status: "loading"; readonly load: LoadProgress | null }
  | { readonly status: "reading" }
  /** `load` is how far a load had come; null where a read was cancelled. */
  | { readonly status: "cancelled"; readonly load: LoadProgress | null }
  /** `request` is what was to be read, or null where nothing was. */
  | { readonly status: "failed"; readonly error: LensError; readonly request: ReadRequest | null };

export type ReadingState = {
  /** What stands in the prompt box. */
  readonly prompt: string;
  /** Token ids that are read in place of what stands in the box, until it is edited. */
  readonly ids: readonly number[] | null;
  readonly lens: LensKind;
  readonly backend: BackendChoice;
  /** null until the model is loaded. */
  readonly info: EngineInfo | null;
  readonly progress: Progress;
  /** What is drawn. It stays while a newer one is computed, and when that fails. */
  readonly reading: Reading | null;
  /** The logit lens's reading of the same cells, perhaps in part; null until it comes. */
  readonly logit: Reading | null;
  readonly source: Source;
  /** Whether what is on screen, or is read, followed the typing. */
  readonly isTyped: boolean;
  /** How long the reading took, without loading; null until it is whole, and where it was recorded. */
  readonly elapsedMs: number | null;
  /** The last reading whose every row is on screen, some frames after it became `reading`. */
  readonly drawn: Reading | null;

  /** The box holds another text: where the model is loaded, the reading follows. */
  edit(prompt: string): void;
  /** Loads the model and its lens, once. */
  load(): Promise<EngineInfo>;
  /** Loads the model, then reads what stands in the box, unless something else is read by then. */
  open(): Promise<void>;
  /**
   * Reads a prompt, by default what stands in the box with the lens that is chosen, and shows it.
   * Resolves to the whole reading.
   *
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled or a newer read overtook it
   */
  read(request?: Partial<ReadRequest>): Promise<Reading>;
  /** Shows readings of one prompt that were made elsewhere, one a lens. */
  show(readings: readonly Reading[], source: Source): void;
  /** Shows recorded readings where nothing has been asked for yet. */
  showFirst(readings: readonly Reading[]): void;
  /** Reads what is read or shown now with another lens. */
  choose(lens: LensKind): Promise<void>;
  /** What is on screen: the reading of the lens in use, then the logit lens's, once it is there. */
  readings(): Promise<Reading[]>;
  /** Does again what failed. */
  retry(): Promise<void>;
  /** Ends the load or the read that is under way; the prompt and the last reading stay. */
  cancel(): void;
  /** Says what could not be done; what is on screen stays. */
  refuse(error: LensError): void;
  dismiss(): void;
  /** The heatmap says that it has drawn a reading. */
  drew(reading: Reading): void;
};

export type ReadingStoreOptions = {
  /** What stands in the prompt box at first. */
  readonly prompt: string;
  readonly ids?: readonly number[] | null;
  readonly lens?: LensKind;
  readonly backend: BackendChoice;
  /** When partial readings and progress reach the page: with its frames, unless given. */
  readonly schedule?: Schedule;
};

/** From the last key to the read that follows it: what one key press changes is read once. */
const typingMs = 15;
/** From a reading that followed a key to the logit lens's: a pause in typing. */
const pauseMs = 400;

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
  /** What the page goes back to. */
  let last: Shelved | null = null;
  const shelf = createShelf();
  let typing: ReturnType<typeof setTimeout> | undefined;
  /** The box was edited while nothing could follow it. */
  let isAhead = false;
  /** The logit lens's reading that comes after the one of the lens in use. */
  let companion: {
    readonly start: () => Promise<void>;
    timer: ReturnType<typeof setTimeout>;
  } | null = null;

  return createStore<ReadingState>()((set, get) => {
    /** What was begun before is overtaken. */
    function nextTurn(): number {
      clearTimeout(typing);
      clearTimeout(companion?.timer);
      companion = null;
      isAhead = false;
      isRunning = false;
      return ++latest;
    }

    /**
     * Back to the last whole reading; a partial one stays only where there is no whole one.
     *
     * @param delayMs until the logit lens's reading follows, where it is not there
     */
    function settle(progress: Progress, delayMs = pauseMs) {
      if (!last) return set({ progress });
      current = last.request;
      const { reading, source, elapsedMs } = last;
      const before = get().logit;
      const logit =
        shelf.of("logit")?.reading ?? (before && haveSameCells(before, reading) ? before : null);
      set({ reading, source, elapsedMs, logit, lens: reading.lens.kind, progress });
      if (progress.status !== "loading") accompany(last, delayMs);
    }

    function fail(error: unknown, request: ReadRequest | null) {
      if (error instanceof LensError) settle({ status: "failed", error, request });
      else if (isAbort(error)) settle({ status: "cancelled", load: null });
      else settle({ status: "idle" }); // a bug: the caller gets it, and the page stays usable
    }

    function put(one: Shelved, delayMs: number) {
      shelf.put(one);
      last = one;
      settle({ status: "idle" }, delayMs);
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
      // Where no read waits for it, nobody else tells the page that it is over.
      const isOnPage = () =>
        !isRunning && !stop.signal.aborted && get().progress.status === "loading";
      done.then(
        () => isOnPage() && set({ progress: { status: "idle" } }),
        (error) => isOnPage() && fail(error, null),
      );
      return done;
    }

    /** Reads what stands in the box, unless something else is read or a file is on screen. */
    async function readBox(): Promise<void> {
      const { prompt, ids, lens, source } = get();
      if (isRunning || source.kind === "file" || (prompt === "" && !ids)) return;
      await run({ prompt: ids ?? prompt, lens });
    }

    async function run(request: ReadRequest, isTyped = false): Promise<Reading> {
      const turn = nextTurn();
      let isOver = false; // a partial reading may come after the whole one, by another port
      const partial = createLatest<Reading>(schedule, (reading) => {
        if (turn !== latest || isOver) return;
        const now = get().reading;
        // What is whole on the page is not taken apart to be read again.
        if (now && isWhole(now) && isAlike(now, reading)) return;
        const logit = now && haveSameCells(now, reading) ? get().logit : null;
        set({ reading, logit, source: { kind: "live" }, elapsedMs: null });
      });
      current = request;
      isRunning = true;
      try {
        set({ isTyped });
        if (get().info) set({ progress: { status: "reading" } });
        await load();
        if (turn !== latest) {
          void shownOnPage(readBox()); // something was shown meanwhile; Read was pressed all the same
          throw abort();
        }
        set({ progress: { status: "reading" } });
        const started = performance.now();
        const reading = await engine.read(request, partial);
        const elapsedMs = performance.now() - started;
        const info = await engine.load(get().backend, report); // a lost GPU may have been replaced
        if (turn !== latest) throw abort();
        set({ info });
        put({ request, reading, source: { kind: "live" }, elapsedMs }, isTyped ? pauseMs : 0);
        if (isAhead) void shownOnPage(follow());
        return reading;
      } catch (error) {
        if (turn === latest) fail(error, request);
        throw error;
      } finally {
        isOver = true;
        if (turn === latest) isRunning = false;
      }
    }

    /** Reads what stands in the box, which was typed. */
    const follow = () => run({ prompt: get().prompt, lens: get().lens }, true);

    /** Reads what is on the page with the logit lens too, which is always shown beside the other. */
    function accompany({ request, source }: Shelved, delayMs: number) {
      if (shelf.of("logit") || source.kind !== "live" || !get().info) return;
      const turn = latest;
      const partial = createLatest<Reading>(schedule, (logit) => {
        if (turn === latest && !shelf.of("logit")) set({ logit });
      });
      async function readBeside() {
        const asked = { ...request, lens: "logit" };
        const reading = await engine.read(asked, partial);
        if (turn !== latest) return;
        shelf.put({ request: asked, reading, source, elapsedMs: null });
        set({ logit: reading });
      }
      let done: Promise<void> | null = null;
      const start = () => {
        done ??= readBeside();
        return done;
      };
      clearTimeout(companion?.timer);
      companion = { start, timer: setTimeout(() => void shownOnPage(start()), delayMs) };
    }

    return {
      prompt: options.prompt,
      ids: options.ids ?? null,
      lens: options.lens ?? "tuned",
      backend: options.backend,
      info: null,
      progress: { status: "idle" },
      reading: null,
      logit: null,
      source: { kind: "live" },
      isTyped: false,
      elapsedMs: null,
      drawn: null,

      edit(prompt) {
        set({ prompt, ids: null });
        clearTimeout(typing);
        const { info, progress } = get();
        isAhead = !info || progress.status === "loading";
        if (isAhead) return;
        if (prompt === "") {
          nextTurn();
          if (progress.status === "reading") void engine.cancel();
          settle({ status: "idle" });
          return;
        }
        typing = setTimeout(() => void shownOnPage(follow()), typingMs);
      },

      load,

      async open() {
        await load();
        await readBox();
      },

      read(request = {}) {
        const { prompt = get().ids ?? get().prompt, lens = get().lens } = request;
        if (typeof prompt === "string") set({ prompt, ids: null });
        else set({ ids: prompt });
        return run({ ...request, prompt, lens });
      },

      show(readings, source) {
        const wanted = get().lens;
        nextTurn();
        const status = get().progress.status;
        if (status === "reading") void engine.cancel();
        for (const reading of readings) {
          const { prompt, tokens, lens } = reading;
          const request = { prompt: prompt ?? tokens.map(({ id }) => id), lens: lens.kind };
          last = { request, reading, source, elapsedMs: null };
          shelf.put(last);
        }
        last = shelf.of(wanted) ?? shelf.of(readings[0].lens.kind);
        const { prompt, tokens } = readings[0];
        set({ isTyped: false });
        if (prompt === null) set({ ids: tokens.map(({ id }) => id) });
        else set({ prompt, ids: null });
        settle(status === "loading" ? get().progress : { status: "idle" });
      },

      showFirst(readings) {
        if (latest === 0) get().show(readings, { kind: "recorded" });
      },

      async choose(lens) {
        const { source, info, lens: before } = get();
        if (!current) return set({ lens });
        const request = { ...current, lens };
        const known = shelf.of(lens);
        if (!known && source.kind !== "live" && !info) {
          return get().refuse(new MissingLensError(lens, before));
        }
        set({ lens });
        if (!known || !answers(known.request, request)) {
          await run(request);
          return;
        }
        nextTurn();
        if (get().progress.status === "reading") await engine.cancel();
        last = known;
        settle(get().progress.status === "loading" ? get().progress : { status: "idle" });
      },

      async readings() {
        await companion?.start().catch(() => {}); // overtaken: what is there by then is saved
        const { reading, logit } = get();
        if (!reading) return [];
        return logit && isWhole(logit) && reading.lens.kind !== "logit"
          ? [reading, logit]
          : [reading];
      },

      async retry() {
        const { progress } = get();
        if (progress.status !== "failed") return;
        await (progress.request ? run(progress.request) : get().open());
      },

      cancel() {
        const { progress } = get();
        if (progress.status !== "loading" && progress.status !== "reading") return;
        nextTurn();
        loading?.stop.abort();
        ending = Promise.allSettled([engine.cancel(), loading?.done]);
        loading = null;
        settle({ status: "cancelled", load: progress.status === "loading" ? progress.load : null });
      },

      refuse: (error) => set({ progress: { status: "failed", error, request: null } }),

      dismiss() {
        if (get().progress.status === "failed") set({ progress: { status: "idle" } });
      },

      drew: (drawn) => set({ drawn }),
    };
  });
}

const isAlike = (a: Reading, b: Reading) =>
  a.lens.name === b.lens.name && a.topK.k === b.topK.k && haveSameCells(a, b);

/** Whether what was read for one request is what another one asks for, but for its lens. */
const answers = (a: ReadRequest, b: ReadRequest) =>
  String(a.prompt) === String(b.prompt) && a.topK === b.topK && a.rows === b.rows;

export type ReadingStore = ReturnType<typeof createReadingStore>;
