import { DeviceLostError, LensError, PromptError } from "../errors";
import { accumulate, allRows } from "../lens/accumulate";
import type { Row } from "../lens/backend";
import type { Reading } from "../lens/reading";
import { type Chosen, chooseReader } from "./chooseReader";
import { type Loaded, loadBundled, logitLens, type OpenLens } from "./loaded";
import { promptIds } from "./prompt";
import type {
  BackendChoice,
  Engine,
  EngineInfo,
  LoadProgress,
  OnReading,
  ReadRequest,
} from "./protocol";
import type { OpenPrompt } from "./reader";

/** Between two readings that are shown while more rows arrive. */
const paintMs = 40;

const aborted = (what: string) => new DOMException(what, "AbortError");

/** The engine as the worker offers it: one model, one prompt at a time. */
export function createEngine(): Engine {
  let choice: BackendChoice = "auto";
  let loading: { promise: Promise<Session>; controller: AbortController } | null = null;
  let reading: { done: Promise<unknown>; controller: AbortController } | null = null;

  function load(wanted: BackendChoice, onProgress: (progress: LoadProgress) => void) {
    if (!loading) {
      choice = wanted;
      const controller = new AbortController();
      const promise = openSession(choice, onProgress, controller.signal);
      loading = { promise, controller };
      promise.catch(() => {
        loading = null; // so that the next one tries again
      });
    }
    return loading.promise;
  }

  return {
    async load(wanted, onProgress) {
      return (await load(wanted, onProgress)).info();
    },
    async read(request, onReading) {
      const before = reading;
      before?.controller.abort(aborted("A newer prompt is being read."));
      const controller = new AbortController();
      const { signal } = controller;
      const done = (async () => {
        await before?.done.catch(() => {});
        const session = await load(choice, () => {});
        signal.throwIfAborted();
        return session.read(request, onReading, signal);
      })();
      reading = { done, controller };
      return done;
    },
    async tokenize(text) {
      const { loaded } = await load(choice, () => {});
      return loaded.model.tokenizer.encode(text);
    },
    async cancel() {
      reading?.controller.abort(aborted("The reading was cancelled."));
      loading?.controller.abort(aborted("Loading was cancelled."));
    },
  };
}

type Session = Awaited<ReturnType<typeof openSession>>;

/** The bundled model and its lens, loaded and ready; a lost GPU is replaced here. */
async function openSession(
  choice: BackendChoice,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
) {
  const loaded = await loadBundled(onProgress, signal);
  let lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {}); // those who wait are told in a race
  let chosen = await choose(choice);
  let opened: { ids: string; prompt: OpenPrompt } | null = null;
  signal.throwIfAborted();

  async function choose(wanted: BackendChoice): Promise<Chosen> {
    lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    return chooseReader(loaded.model, wanted, (error) => lost.reject(error));
  }

  /** Runs a task on the reader; where the GPU is lost, once more on a new one, then on wasm. */
  async function surviving<T>(task: () => Promise<T>): Promise<T> {
    for (const next of ["webgpu", "wasm", null] as const) {
      try {
        return await Promise.race([task(), lost.promise]);
      } catch (error) {
        if (!(error instanceof DeviceLostError) || next === null) throw error;
        opened = null; // its buffers went with the device
        chosen.reader.dispose();
        const { reader, notice } = await choose(next);
        const where =
          reader.backend === "webgpu" ? "A new one was opened" : "The processor reads on";
        chosen = {
          reader,
          notice: notice ?? `The GPU was lost. ${where}, and nothing you had is gone.`,
        };
      }
    }
    throw new Error("unreachable");
  }

  async function open(ids: readonly number[], stop: AbortSignal): Promise<OpenPrompt> {
    const key = ids.join();
    if (opened?.ids === key) return opened.prompt;
    opened?.prompt.dispose();
    opened = null;
    const prompt = await chosen.reader.open(ids, stop);
    opened = { ids: key, prompt };
    return prompt;
  }

  return {
    loaded,
    info: (): EngineInfo => ({
      model: loaded.model.info,
      contextLength: loaded.model.config.contextLength,
      lenses: loaded.lenses.map((lens) => lens.info),
      backend: chosen.reader.backend,
      threads: chosen.reader.threads,
      adapter: chosen.reader.adapter,
      notice: chosen.notice,
      versions: { "onnxruntime-web": chosen.reader.runtimeVersion },
    }),

    async read(request: ReadRequest, onReading: OnReading, stop: AbortSignal): Promise<Reading> {
      const { model } = loaded;
      const { tokenizer, config } = model;
      const ids = promptIds(model, request.prompt);
      const lens = findLens(loaded, request.lens);
      const k = topK(request.topK, config.vocab);
      const rows = wantedRows(request.rows, config.nLayers);
      const layers = rows.filter((row) => row !== "output").toReversed();
      const tokens = ids.map((id) => ({ id, text: tokenizer.tokenText(id) }));
      const targets = ids.map((_, i) => ids[i + 1] ?? null);

      return surviving(async () => {
        const prompt = await open(ids, stop);
        const gathered = accumulate(
          {
            backend: chosen.reader.backend,
            model: model.info,
            lens: lens.info,
            prompt: typeof request.prompt === "string" ? request.prompt : null,
            tokens,
            targets,
            rows,
          },
          k,
          tokenizer.tokenText,
        );
        let painted = Number.NEGATIVE_INFINITY;
        const blocks = prompt.read(
          {
            translators: lens.translators,
            layers,
            targets: Int32Array.from(targets, (id) => id ?? -1),
            k,
          },
          stop,
        );
        for await (const block of blocks) {
          gathered.add(block);
          if (performance.now() - painted < paintMs) continue;
          painted = performance.now();
          onReading(gathered.reading());
        }
        const reading = gathered.reading();
        onReading(reading);
        return reading;
      });
    },
  };
}

function findLens({ lenses, model }: Loaded, wanted: string): OpenLens {
  const all = [logitLens(model), ...lenses];
  const found = all.find(({ info }) => info.name === wanted || info.kind === wanted);
  if (found) return found;
  const open = all.map(({ info }) => info.name).join(", ");
  throw new LensError(`No lens named "${wanted}" is open; these are: ${open}.`);
}

function topK(wanted = 10, vocab: number): number {
  if (Number.isInteger(wanted) && wanted >= 1) return Math.min(wanted, vocab);
  throw new PromptError(`topK is ${wanted}; it must be a whole number from 1.`);
}

/** Ascending, each once, the output row always among them. */
function wantedRows(wanted: readonly Row[] | undefined, nLayers: number): Row[] {
  const all = allRows(nLayers);
  if (!wanted) return all;
  const wrong = wanted.find((row) => !all.includes(row));
  if (wrong !== undefined) {
    throw new PromptError(
      `There is no row ${wrong}: rows go from 0 to ${nLayers - 1}, then "output".`,
    );
  }
  return all.filter((row) => row === "output" || wanted.includes(row));
}
