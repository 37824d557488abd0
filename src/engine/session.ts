import { DeviceLostError, type LensError } from "../errors";
import type { Reading } from "../lens/reading";
import { type Chosen, chooseReader } from "./chooseReader";
import type { Loaded } from "./loaded";
import { createOpenLenses, type OpenLens } from "./openLenses";
import type { BackendChoice, EngineInfo, OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt, Reader } from "./reader";
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
  /** Several tasks may wait for the same new reader. */
  let replacing: Promise<void> | null = null;
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

  /** Lets go of what the reader keeps of translators, once the read under way, which may use them, ends. */
  function forget(translators: OpenLens["translators"]): void {
    const letGo = () => chosen.reader.forget(translators);
    reading.then(letGo, letGo);
  }

  /** Runs a task on the reader; where the GPU is lost, once more on a new one, then on wasm. */
  async function surviving<T>(
    task: (stop: AbortSignal) => Promise<T>,
    stop: AbortSignal,
  ): Promise<T> {
    if (isGone) {
      stop.throwIfAborted();
      replacing ??= replaceReader().finally(() => {
        replacing = null;
      });
      await replacing;
    }
    const { reader } = chosen;
    const attempt = new AbortController();
    try {
      return await Promise.race([task(AbortSignal.any([stop, attempt.signal])), lost]);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      attempt.abort(error); // what still waits for that device
      if (chosen.reader === reader && !isGone) {
        opened = null; // its buffers went with it
        reader.dispose();
        isGone = true;
      }
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
      // One without a sum is in training, which may be reading with it.
      if (closed && closed.info.sha256 !== null) forget(closed.translators);
    },
    forget,
    /** Runs a task that may take long beside the reads; where the GPU is lost it runs again, on another. */
    withReader: <T>(
      task: (reader: Reader, stop: AbortSignal) => Promise<T>,
      signal: AbortSignal,
    ): Promise<T> => surviving((stop) => task(chosen.reader, stop), signal),
    /** Puts a lens in the place of the open one of that name, or opens it; returns its name. */
    putLens(name: string, lens: OpenLens): string {
      const before = lenses.all().find(({ info }) => info.name === name);
      if (!before) return lenses.add(lens);
      forget(before.translators.filter((one) => !lens.translators.includes(one)));
      return lenses.replace(name, lens);
    },
    dispose() {
      life.abort(new DOMException("The model was closed.", "AbortError"));
      opened?.dispose();
      chosen.reader.dispose();
    },
  };
}

export type Session = Awaited<ReturnType<typeof openSession>>;
