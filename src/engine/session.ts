import { DeviceLostError, type LensError } from "../errors";
import type { Reading } from "../lens/reading";
import { type Chosen, chooseReader } from "./chooseReader";
import type { Loaded } from "./loaded";
import { createOpenLenses } from "./openLenses";
import type { BackendChoice, EngineInfo, OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt } from "./reader";
import { createReadings } from "./readings";

/** A model and its lenses, ready to read; a lost GPU is replaced here. */
export async function openSession(
  { model, lenses: first, isBundled }: Loaded,
  choice: BackendChoice,
  signal: AbortSignal,
) {
  const lenses = createOpenLenses(model.config.nLayers, first);
  let lost: Promise<never>;
  let chosen = await choose(choice, signal);
  /** Its GPU was lost: the next read chooses another. */
  let isGone = false;
  let losses = 0;
  let opened: OpenPrompt | null = null;
  let reading: Promise<unknown> = Promise.resolve();
  const read = createReadings(model, lenses);
  const life = new AbortController();
  if (signal.aborted) {
    chosen.reader.dispose();
    throw signal.reason;
  }

  async function choose(wanted: BackendChoice, stop: AbortSignal): Promise<Chosen> {
    let onLost: (error: LensError) => void = () => {};
    lost = new Promise<never>((_, reject) => {
      onLost = reject;
    });
    lost.catch(() => {}); // those who wait are told in a race
    return chooseReader(model, wanted, onLost, stop);
  }

  /** Runs a task on the reader; where the GPU is lost, once more on a new one, then on wasm. */
  async function surviving<T>(
    task: (stop: AbortSignal) => Promise<T>,
    stop: AbortSignal,
  ): Promise<T> {
    if (isGone) {
      stop.throwIfAborted();
      await replaceReader();
    }
    const attempt = new AbortController();
    try {
      return await Promise.race([task(AbortSignal.any([stop, attempt.signal])), lost]);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      attempt.abort(error); // what still waits for that device
      opened = null; // its buffers went with it
      chosen.reader.dispose();
      isGone = true;
      return surviving(task, stop);
    }
  }

  /** The new reader is the session's, not the read's: it stays where that is overtaken meanwhile. */
  async function replaceReader(): Promise<void> {
    const next = losses++ === 0 ? "webgpu" : "wasm";
    const { reader, notice } = await choose(next, life.signal);
    const instead =
      reader.backend === "webgpu" ? "A new one was opened" : "Reading goes on with the processor";
    chosen = {
      reader,
      notice: notice ?? `The GPU was lost. ${instead}; nothing you had is gone.`,
    };
    isGone = false;
  }

  return {
    model,
    lenses,
    info: (): EngineInfo => ({
      model: model.info,
      isBundled,
      hasTokenizer: model.hasTokenizer,
      contextLength: model.config.contextLength,
      lenses: lenses.all().map((lens) => lens.info),
      backend: chosen.reader.backend,
      threads: chosen.reader.threads,
      adapter: chosen.reader.adapter,
      notice: [model.notice, chosen.notice].filter(Boolean).join(" ") || null,
      versions: { "onnxruntime-web": chosen.reader.runtimeVersion },
    }),

    /** Only once the read before has ended. */
    read(request: ReadRequest, onReading: OnReading, signal: AbortSignal): Promise<Reading> {
      const done = surviving(async (stop) => {
        opened ??= chosen.reader.open();
        return read(request, chosen.reader, opened, onReading, stop);
      }, signal);
      reading = done;
      return done;
    },
    closeLens(name: string): void {
      const closed = lenses.close(name);
      if (!closed) return;
      const forget = () => chosen.reader.forget(closed.translators);
      reading.then(forget, forget); // the read under way may be with this lens
    },
    dispose() {
      life.abort(new DOMException("The model was closed.", "AbortError"));
      opened?.dispose();
      chosen.reader.dispose();
    },
  };
}

export type Session = Awaited<ReturnType<typeof openSession>>;
