import { LensError } from "../../errors";
import { openSafetensorsBlob, type SafetensorsSource } from "../../format/safetensors";
import { safetensorsParts } from "../../format/safetensorsWriter";
import { learntArrays, type RunHead, readLearnt, readRun, runArrays } from "./runArrays";
import type { Progress, Run, RunState } from "./runState";
import type { RunStore } from "./runStore";

/** What another version of this page wrote otherwise is not read. */
const format = "midthought-run/2";

/** Two places, so that a run stays until the next one can be gone on with. */
const slots = ["a", "b"] as const;
type Slot = (typeof slots)[number];

const runFile = (slot: Slot) => `${slot}-run.safetensors`;
/** Written in turn, so that one of them is always whole. */
const stateFile = (slot: Slot, turn: number) => `${slot}-state-${turn % 2}.safetensors`;
const filesOf = (slot: Slot) => [runFile(slot), stateFile(slot, 0), stateFile(slot, 1)];

/** What a run's file says beside its arrays. */
type SavedHead = RunHead & { readonly format: string; readonly id: string };

/** What a state's file says beside its arrays. */
type StateHead = {
  /** Of the run that it belongs to. */
  readonly run: string;
  /** The larger is the newer. */
  readonly turn: number;
  readonly savedAt: string;
  readonly progress: Progress;
};

/** A run on disk, before its arrays are read. */
export type Found = {
  readonly run: RunHead;
  readonly progress: Progress;
  readonly savedAt: string;
  /** What is saved from then on is of that run. */
  read(): Promise<{ readonly run: Run; readonly state: RunState }>;
};

/** Writes a run and its states so that what is found after a crash is whole, and of one run. */
export function createCheckpoint(store: RunStore) {
  let run: Run | null = null;
  let slot: Slot | null = null;
  let id = "";
  let turn = 0;

  async function openFile<Head>(name: string) {
    const blob = await store.read(name);
    if (!blob) return null;
    try {
      const source = await openSafetensorsBlob(blob);
      return { source, head: JSON.parse(String(source.metadata.get("head"))) as Head };
    } catch (error) {
      if (error instanceof LensError || error instanceof SyntaxError) return null; // cut off
      throw error;
    }
  }

  /** The run in a slot and its newest whole state; null where one of them is not there. */
  async function look(at: Slot) {
    const file = await openFile<SavedHead>(runFile(at));
    if (file?.head?.format !== format) return null;
    let state: { source: SafetensorsSource; head: StateHead } | null = null;
    for (const one of [0, 1]) {
      const next = await openFile<StateHead>(stateFile(at, one));
      if (next?.head.run === file.head.id && next.head.turn > (state?.head.turn ?? -1))
        state = next;
    }
    return state && { slot: at, file, state };
  }

  /** The newer one, where a crash left two. */
  async function newest() {
    const [one, other] = [await look("a"), await look("b")];
    if (!one || !other) return one ?? other;
    return one.state.head.savedAt > other.state.head.savedAt ? one : other;
  }

  async function empty(some: readonly Slot[]): Promise<void> {
    for (const name of some.flatMap(filesOf)) await store.remove(name);
  }

  /** Writes the run beside the one that lies there. */
  async function begin({ text, startTranslators, ...rest }: Run, to: Slot): Promise<void> {
    await empty([to]);
    id = crypto.randomUUID();
    turn = 0;
    const head: SavedHead = { ...rest, format, id, text: { summary: text.summary } };
    try {
      await store.write(runFile(to), partsOf(head, runArrays({ text, startTranslators })));
    } catch (error) {
      await empty([to]); // what was written of it is of no use, and the disk may be full
      throw error;
    }
    slot = to;
  }

  return {
    /** What is saved from then on is of this run; what lies there stays until its first state does too. */
    begin(begun: Run): void {
      run = begun;
      slot = null;
    },
    /** A state of the run that is saved here is there. */
    isOnDisk: () => slot !== null && turn > 0,
    /** Writes a state; where that fails, the one before stays, and the next call tries again. */
    async save({ progress, learnt }: RunState): Promise<void> {
      if (!slot && run) await begin(run, (await newest())?.slot === "a" ? "b" : "a");
      const mine = slot!;
      const head: StateHead = { run: id, turn, savedAt: new Date().toISOString(), progress };
      await store.write(stateFile(mine, turn), partsOf(head, learntArrays(learnt)));
      if (turn++ === 0) await empty(slots.filter((one) => one !== mine));
    },
    /** The run that lies there, and its newest whole state. */
    async find(): Promise<Found | null> {
      const found = await newest();
      if (!found) return null;
      const { file, state } = found;
      const { id: saved, format: _, ...head } = file.head;
      const { progress, savedAt } = state.head;
      return {
        run: head,
        progress,
        savedAt,
        async read() {
          slot = found.slot;
          id = saved;
          turn = state.head.turn + 1;
          return {
            run: { ...head, ...(await readRun(file.source, head)) },
            state: { progress, learnt: await readLearnt(state.source) },
          };
        },
      };
    },
    /** Nothing is left of the run that is saved here; another's stays. */
    async end(): Promise<void> {
      if (slot) await empty([slot]);
      slot = null;
    },
    /** Nothing is left of any run. */
    clear: () => empty(slots),
  };
}

export type Checkpoint = ReturnType<typeof createCheckpoint>;

const partsOf = (head: object, arrays: ReturnType<typeof runArrays>) =>
  safetensorsParts(arrays, { head: JSON.stringify(head) });
