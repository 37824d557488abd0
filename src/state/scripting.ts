import type { Engine, LensFormat, ReadRequest } from "../engine/protocol";
import type { Evaluation, TrainingReport } from "../engine/trainingProtocol";
import type { LensInfo, ModelInfo, Reading } from "../lens/reading";
import { type App, type ReadingJson, toJson } from "../lens/readingJson";
import type { FilesStore } from "./filesStore";
import type { ReadingState } from "./readingState";
import type { ReadingStore } from "./readingStore";
import type { EvaluationOptions, TrainingOptions } from "./trainingOptions";
import type { TrainingScript } from "./trainingScript";

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
  /**
   * Trains a lens, which the Train tab shows too, from this call on; it is open and in use once the
   * reports are at their end. The training waits while a report is looked at; leaving the loop cancels it.
   *
   * @param options the tab's fields; what they do not say is the default. Where they are wrong, asking for
   * a report rejects.
   */
  train(options: TrainingOptions): AsyncIterable<TrainingReport>;
  /**
   * Holds lenses to a text, by default all that are open to the Train tab's, and shows it there. The logit
   * lens comes first, always.
   */
  evaluate(options?: EvaluationOptions): Promise<Evaluation>;
  /**
   * The lens in use as a file: by default `folder`, zipped, for Python's tuned-lens; `safetensors`, or
   * `float16`, the same at half the size.
   *
   * @throws NoLensError where the logit lens is in use: it has nothing to save
   */
  saveLens(options?: { readonly format?: LensFormat }): Promise<Blob>;
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
  { train, evaluate }: TrainingScript,
): Midthought {
  return {
    train,
    evaluate,
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
    saveLens: async ({ format = "folder" } = {}) => (await files.getState().save(format)).blob,
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
