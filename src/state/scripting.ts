import type { Engine, ReadRequest } from "../engine/protocol";
import type { LensInfo, ModelInfo, Reading } from "../lens/reading";
import { type App, type ReadingJson, toJson } from "../lens/readingJson";
import type { FilesStore } from "./filesStore";
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
  /**
   * Does what dropping a model's files on the page does: `config.json`, `model.safetensors` (or its
   * shards and their index) and `tokenizer.json`, or a `.gguf`.
   */
  openModel(files: Iterable<File>): Promise<void>;
  /** Does what dropping a lens's files on the page does; the lens is then the one in use of its kind. */
  openLens(files: Iterable<File>): Promise<void>;
  /** The lens in use as a folder for Python's tuned-lens, zipped. */
  saveLens(): Promise<Blob>;
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
  files: FilesStore,
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
    openModel: (given) => files.getState().openOrThrow([...given]),
    openLens: (given) => files.getState().openOrThrow([...given]),
    saveLens: async () => (await files.getState().save("folder")).blob,
    info() {
      const { info, lens, nameInUse } = store.getState();
      const open =
        lens === "logit" ? logitLens : info?.lenses.find(({ name }) => name === nameInUse());
      return {
        model: info?.model ?? null,
        lens: (info && open) ?? null,
        backend: info?.backend ?? null,
        adapter: info?.adapter ?? null,
        threads: info?.threads ?? null,
        versions: { [app.name]: app.version, ...info?.versions },
      };
    },
  };
}
