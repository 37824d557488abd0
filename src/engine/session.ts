import { DeviceLostError } from "../errors";
import type { Reading } from "../lens/reading";
import { type Chosen, chooseReader } from "./chooseReader";
import { loadBundled } from "./loaded";
import type { BackendChoice, EngineInfo, LoadProgress, OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt } from "./reader";
import { createReadings } from "./readings";

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
  let opened: OpenPrompt | null = null;
  const read = createReadings(loaded);
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

    read: (request: ReadRequest, onReading: OnReading, signal: AbortSignal): Promise<Reading> =>
      surviving(async (stop) => {
        opened ??= chosen.reader.open();
        return read(request, chosen.reader, opened, onReading, stop);
      }, signal),
  };
}

export type Session = Awaited<ReturnType<typeof openSession>>;
