import { createStore } from "zustand/vanilla";

import type { BackendChoice, Engine, EngineInfo, LoadProgress } from "../engine/protocol";
import { LensError } from "../errors";
import { haveSameCells, isWhole } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { onNextFrame } from "../math/onNextFrame";
import { createCompanion } from "./companion";
import { createLatest, type Schedule } from "./latest";
import { afterChange, lensToRead, nameInUse, refusalOf } from "./lensNames";
import { isSamePrompt } from "./linkPrompt";
import { createLoads } from "./loads";
import type { Asked, LensKind, Progress, ReadingState } from "./readingState";
import { createShelf, type Shelved } from "./shelf";

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

export const isAbort = (error: unknown) =>
  error instanceof DOMException && error.name === "AbortError";
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
  /** Counts what a visitor or a script asks for, so that what was asked for before and comes late is not shown. */
  let asked = 0;
  const loads = createLoads();
  /** What the read under way, or else the reading on the page, was asked for. */
  let current: Asked | null = null;
  /** What the page goes back to. */
  let last: Shelved | null = null;
  const shelf = createShelf();
  /** The kind that was chosen; a model for which none of it is open is read with the logit lens. */
  let preferred = options.lens ?? "tuned";
  let typing: ReturnType<typeof setTimeout> | undefined;
  /** The box was edited while nothing could follow it. */
  let isAhead = false;
  /** The logit lens's reading that comes after the one of the lens in use. */
  const companion = createCompanion();

  return createStore<ReadingState>()((set, get) => {
    /** What was begun before is overtaken. */
    function nextTurn(): number {
      clearTimeout(typing);
      companion.drop();
      isAhead = false;
      isRunning = false;
      return ++latest;
    }

    const isOpen = (name: string) => get().info?.lenses.some((lens) => lens.name === name) ?? false;

    /**
     * Back to the last whole reading; a partial one stays only where there is no whole one.
     *
     * @param delayMs until the logit lens's reading follows, where it is not there
     */
    function settle(progress: Progress, delayMs = pauseMs) {
      if (!last) return set({ progress });
      current = last.request;
      const { reading, source, elapsedMs } = last;
      const before = get();
      const isOfFile = source.kind === "file" || before.source.kind === "file";
      const isKept = !isOfFile && before.logit && haveSameCells(before.logit, reading);
      const logit = shelf.of("logit")?.reading ?? (isKept ? before.logit : null);
      const { kind, name } = reading.lens;
      const lensNames = isOpen(name) ? { ...before.lensNames, [kind]: name } : before.lensNames;
      set({ reading, source, elapsedMs, logit, lens: kind, lensNames, progress });
      if (progress.status !== "loading") accompany(last, delayMs);
    }

    function fail(error: unknown, request: Asked | null) {
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
      if (loads.done) set({ progress: { status: "loading", load } });
    });

    async function begin(signal: AbortSignal): Promise<EngineInfo> {
      if (!get().info) set({ progress: { status: "loading", load: null } });
      await loads.ended;
      if (signal.aborted) throw abort();
      const info = await engine.load(get().backend, report);
      set({ info });
      return info;
    }

    /** Asked before each read, so that what failed or was lost is loaded again. */
    function load(): Promise<EngineInfo> {
      if (loads.done) return loads.done;
      const { done, signal } = loads.start(begin);
      // Where no read waits for it, nobody else tells the page that it is over.
      const isOnPage = () => !isRunning && !signal.aborted && get().progress.status === "loading";
      done.then(
        () => isOnPage() && set({ progress: { status: "idle" } }),
        (error) => isOnPage() && fail(error, null),
      );
      return done;
    }

    /** Reads what stands in the box, unless something else is read or a file is on screen. */
    async function readBox(): Promise<void> {
      const { prompt, ids, source } = get();
      if (isRunning || (source.kind === "file" && !isAhead) || (prompt === "" && !ids)) return;
      await run({ prompt: ids ?? prompt });
    }

    async function run(request: Asked, isTyped = false): Promise<Reading> {
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
        if (get().info && !loads.done) set({ progress: { status: "reading" } });
        await load();
        if (turn !== latest) {
          void shownOnPage(readBox()); // something was shown meanwhile; Read was pressed all the same
          throw abort();
        }
        set({ progress: { status: "reading" } });
        const started = performance.now();
        const asked = { ...request, lens: lensToRead(get(), request.lens) };
        const reading = await engine.read(asked, partial);
        const elapsedMs = performance.now() - started;
        const info = await engine.load(get().backend, report); // a lost GPU may have been replaced
        if (turn !== latest) throw abort();
        set({ info });
        const source = { kind: "live" } as const;
        put({ request: asked, reading, source, elapsedMs }, isTyped ? pauseMs : 0);
        if (isAhead && get().prompt !== "") void shownOnPage(follow());
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
    const follow = () => run({ prompt: get().prompt }, true);

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
      companion.plan(readBeside, delayMs, (done) => void shownOnPage(done));
    }

    return {
      prompt: options.prompt,
      ids: options.ids ?? null,
      lens: options.lens ?? "tuned",
      lensNames: {},
      backend: options.backend,
      info: null,
      progress: { status: "idle" },
      refusal: null,
      reading: null,
      logit: null,
      source: { kind: "live" },
      isTyped: false,
      elapsedMs: null,
      drawn: null,

      edit(prompt) {
        asked++;
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

      place(prompt) {
        asked++;
        if (get().progress.status === "loading") nextTurn(); // a read that waits is for another prompt
        if (typeof prompt === "string") set({ prompt, ids: null });
        else set({ ids: prompt });
      },

      load,

      async open() {
        await load();
        await readBox();
      },

      read(request = {}) {
        asked++;
        set({ refusal: null });
        const { prompt = get().ids ?? get().prompt } = request;
        if (typeof prompt === "string") set({ prompt, ids: null });
        else set({ ids: prompt });
        return run({ ...request, prompt });
      },

      show(readings, source) {
        asked++;
        nextTurn();
        const { lens: wanted, progress } = get();
        if (progress.status === "reading") void engine.cancel();
        const all = readings.map((reading): Shelved => {
          const prompt = reading.prompt ?? reading.tokens.map(({ id }) => id);
          return { request: { prompt, lens: reading.lens.kind }, reading, source, elapsedMs: null };
        });
        for (const one of all) shelf.put(one);
        last = all.find(({ reading }) => reading.lens.kind === wanted) ?? all[0];
        const { prompt } = last.request;
        set({ isTyped: false, refusal: null });
        if (typeof prompt === "string") set({ prompt, ids: null });
        else set({ ids: prompt });
        settle(progress.status === "loading" ? progress : { status: "idle" });
      },

      async bring(readings, source) {
        const mine = ++asked;
        try {
          const here = await readings;
          if (mine !== asked) return false;
          get().show(here, source);
          return true;
        } catch (error) {
          if (!(error instanceof LensError)) throw error;
          if (mine === asked) set({ refusal: error });
          return false;
        }
      },

      async choose(lens, name) {
        const { source, lensNames } = get();
        set({ refusal: null });
        // A file's lenses need not be open.
        const ofFile = name || source.kind === "live" ? null : shelf.of(lens);
        const known = shelf.of(name ?? lensNames[lens] ?? lens) ?? ofFile;
        const refusal = refusalOf(lens, get(), known !== null);
        if (refusal) return get().refuse(refusal);
        preferred = lens;
        const chosen = { lens, lensNames: name ? { ...lensNames, [lens]: name } : lensNames };
        if (!current) return set(chosen);
        const request = { ...current, lens: name ?? lens };
        set(chosen);
        if (!known || !answers(known.request, request)) {
          await run(request);
          return;
        }
        nextTurn();
        if (get().progress.status === "reading") void engine.cancel();
        last = known;
        settle(get().progress.status === "loading" ? get().progress : { status: "idle" });
      },

      nameInUse: () => nameInUse(get()),

      async replaceModel(open) {
        asked++;
        set({ refusal: null });
        const wasLoading = loads.done !== null;
        if (wasLoading) {
          get().cancel();
          await loads.ended;
        }
        const turn = nextTurn();
        set({ progress: { status: "loading", load: null } });
        const opened = open(report);
        // What is asked for meanwhile waits, and is read with the model that is there then.
        const { done } = loads.start(() => opened.catch((error) => get().info ?? fails(error)));
        done.catch(() => {});
        try {
          const info = await opened;
          shelf.clear();
          last = null;
          if (!isRunning) current = null; // a Read that waits stays what is asked for
          const lens = info.lenses.find(({ kind }) => kind === preferred)?.kind ?? "logit";
          const nothing = { reading: null, logit: null, elapsedMs: null, drawn: null, ids: null };
          set({ info, lens, lensNames: {}, source: { kind: "live" }, isTyped: false, ...nothing });
          if (turn === latest) set({ progress: { status: "idle" } });
        } catch (error) {
          if (turn === latest) settle({ status: "idle" });
          await done.catch(() => {}); // before that no other load begins
          if (wasLoading && !isAbort(error)) void shownOnPage(get().load());
          throw error;
        }
      },

      async know(info) {
        const { closed, lensNames, next } = afterChange(get(), info);
        shelf.drop(closed);
        set({ info, lensNames });
        if (!next || get().source.kind === "file") return;
        await get().choose(next.kind, "name" in next ? next.name : undefined);
      },

      async readAgain(name) {
        shelf.drop(new Set([name]));
        await companion.now().catch(() => {}); // overtaken: then something is read, or nothing is wanted
        const { reading, source } = get();
        if (isRunning) return false;
        if (current && source.kind === "live" && reading?.lens.name === name) {
          await run({ ...current, lens: name }, true);
        }
        return true;
      },

      async readings() {
        await companion.now().catch(() => {}); // overtaken: what is there by then is saved
        const { reading, logit } = get();
        if (!reading || !isWhole(reading)) return [];
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
        loads.cancel(engine.cancel());
        settle({ status: "cancelled", load: progress.status === "loading" ? progress.load : null });
      },

      refuse: (refusal) => set({ refusal }),

      dismiss() {
        set({ refusal: null });
        if (get().progress.status === "failed") set({ progress: { status: "idle" } });
      },

      drew(drawn) {
        if (get().drawn !== drawn) set({ drawn });
      },
    };
  });
}

const fails = (error: unknown): never => {
  throw error;
};

const isAlike = (a: Reading, b: Reading) =>
  a.lens.name === b.lens.name && a.topK.k === b.topK.k && haveSameCells(a, b);

/** Whether what was read for one request is what another one asks for, but for its lens. */
const answers = (a: Asked, b: Asked) =>
  isSamePrompt(a.prompt, b.prompt) && a.topK === b.topK && a.rows === b.rows;

export type ReadingStore = ReturnType<typeof createReadingStore>;
