import { DeviceLostError } from "../errors";
import { accumulate } from "../lens/accumulate";
import type { Reading } from "../lens/reading";
import { type Chosen, chooseReader } from "./chooseReader";
import { loadBundled } from "./loaded";
import { promptIds } from "./prompt";
import type { BackendChoice, EngineInfo, LoadProgress, OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt } from "./reader";
import { findLens, topK, wantedRows } from "./request";

/** Between two readings that are shown while more rows arrive: drawing takes from the cores that read. */
const paintMs = 250;

/** The bundled model and its lens, loaded and ready; a lost GPU is replaced here. */
export async function openSession(
  choice: BackendChoice,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
) {
  const loaded = await loadBundled(onProgress, signal);
  let lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {}); // those who wait are told in a race
  let chosen = await choose(choice, signal);
  let losses = 0;
  let opened: { ids: string; prompt: OpenPrompt } | null = null;
  signal.throwIfAborted();

  async function choose(wanted: BackendChoice, stop: AbortSignal): Promise<Chosen> {
    lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    return chooseReader(loaded.model, wanted, (error) => lost.reject(error), stop);
  }

  /** Runs a task on the reader; where the GPU is lost, once more on a new one, then on wasm. */
  async function surviving<T>(
    task: (stop: AbortSignal) => Promise<T>,
    stop: AbortSignal,
  ): Promise<T> {
    const attempt = new AbortController();
    try {
      return await Promise.race([task(AbortSignal.any([stop, attempt.signal])), lost.promise]);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      attempt.abort(error); // what still waits for that device
      opened = null; // its buffers went with it
      chosen.reader.dispose();
      await replaceReader(stop);
      return surviving(task, stop);
    }
  }

  async function replaceReader(stop: AbortSignal): Promise<void> {
    const next = losses++ === 0 ? "webgpu" : "wasm";
    const { reader, notice } = await choose(next, stop);
    const instead =
      reader.backend === "webgpu" ? "A new one was opened" : "Reading goes on with the processor";
    chosen = {
      reader,
      notice: notice ?? `The GPU was lost. ${instead}; nothing you had is gone.`,
    };
  }

  async function open(ids: readonly number[], stop: AbortSignal): Promise<OpenPrompt> {
    const key = ids.join();
    if (opened?.ids === key) return opened.prompt;
    opened?.prompt.dispose();
    opened = null;
    const prompt = await chosen.reader.open(ids, stop);
    stop.throwIfAborted();
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

    async read(request: ReadRequest, onReading: OnReading, signal: AbortSignal): Promise<Reading> {
      const { model } = loaded;
      const { tokenizer, config } = model;
      const ids = promptIds(model, request.prompt);
      const lens = findLens(loaded, request.lens);
      const k = topK(request.topK, config.vocab);
      const rows = wantedRows(request.rows, config.nLayers);
      const layers = rows.filter((row) => row !== "output").toReversed();
      const tokens = ids.map((id) => ({ id, text: tokenizer.tokenText(id) }));
      const targets = ids.map((_, i) => ids[i + 1] ?? null);

      return surviving(async (stop) => {
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
      }, signal);
    },
  };
}

export type Session = Awaited<ReturnType<typeof openSession>>;
