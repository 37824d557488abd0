import type { Engine, ReadRequest } from "../engine/protocol";
import type { LensInfo, ModelInfo, Reading } from "../lens/reading";
import { type App, type ReadingJson, toJson } from "../lens/readingJson";
import type { ReadingState } from "./readingState";
import type { ReadingStore } from "./readingStore";

/** What `midthought.info()` says; null until the model is loaded. */
export type Info = {
  readonly model: ModelInfo | null;
  /** The lens that is chosen on the page. */
  readonly lens: LensInfo | null;
  readonly backend: "webgpu" | "wasm" | null;
  /** The GPU in words; null on wasm. */
  readonly adapter: string | null;
  readonly threads: number | null;
  readonly versions: Readonly<Record<string, string>>;
};

/** `window.midthought`: the page for consoles, notebooks and tests. README, "Scripting". */
export type Midthought = {
  /** Resolves when the model and its lens are loaded; asking for it starts the load. */
  readonly ready: Promise<void>;
  /** Reads a prompt, or token ids; the page shows it too. */
  read(
    prompt: ReadRequest["prompt"],
    options?: Partial<Omit<ReadRequest, "prompt">>,
  ): Promise<ReadingJson>;
  /** Token ids, no special tokens added; special tokens written in the text are recognised. */
  tokenize(text: string): Promise<number[]>;
  info(): Info;
};

const logitLens: LensInfo = { kind: "logit", name: "logit lens", sha256: null };

/** Resolves when the page shows the reading, or no longer means to. */
const untilDrawn = (store: ReadingStore, reading: Reading) =>
  new Promise<void>((resolve) => {
    const isOver = ({ drawn, reading: wanted }: ReadingState) =>
      drawn === reading || wanted !== reading;
    if (isOver(store.getState())) return resolve();
    const stop = store.subscribe((state) => {
      if (!isOver(state)) return;
      stop();
      resolve();
    });
  });

/** Its calls reject with the sentence that the page shows, named as its `LensError` kind. */
export function createMidthought(
  store: ReadingStore,
  engine: Pick<Engine, "tokenize">,
  app: App,
): Midthought {
  return {
    get ready() {
      return store
        .getState()
        .load()
        .then(() => {});
    },
    async read(prompt, { lens, topK, rows } = {}) {
      const reading = await store.getState().read({ prompt, lens, topK, rows });
      await untilDrawn(store, reading);
      return toJson(reading, app);
    },
    async tokenize(text) {
      await store.getState().load();
      return engine.tokenize(text);
    },
    info() {
      const { info, lens } = store.getState();
      const open = [logitLens, ...(info?.lenses ?? [])];
      return {
        model: info?.model ?? null,
        lens: (info && open.find(({ kind }) => kind === lens)) ?? null,
        backend: info?.backend ?? null,
        adapter: info?.adapter ?? null,
        threads: info?.threads ?? null,
        versions: { [app.name]: app.version, ...info?.versions },
      };
    },
  };
}
