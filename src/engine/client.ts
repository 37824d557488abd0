import { type Endpoint, proxy, type Remote, wrap } from "comlink";

import * as errors from "../errors";
import type { Engine } from "./protocol";

/** The worker, or in tests a message port: where calls go, and what tells that it has died. */
export type EngineWorker = Endpoint & Pick<EventTarget, "addEventListener">;

const startWorker = (): EngineWorker =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "engine" });

const isKind = (value: unknown): value is typeof errors.LensError =>
  value === errors.LensError ||
  (typeof value === "function" && value.prototype instanceof errors.LensError);

/**
 * What was thrown in the worker, as what the page tells apart: a `LensError` of its kind, an
 * `AbortError`, or, for anything else, a bug that stopped the reader; the console gets that one.
 */
function revive(error: unknown): Error {
  if (error instanceof errors.LensError) return error;
  if (!(error instanceof Error)) return new errors.ReaderStoppedError(String(error));
  if (error.name === "AbortError") return new DOMException(error.message, "AbortError");
  const kind = Object.entries(errors).find(([name]) => name === error.name)?.[1];
  // Comlink made a plain Error with the name, message and stack of the one that was thrown.
  if (isKind(kind)) return Object.setPrototypeOf(error, kind.prototype);
  console.error(error);
  return new errors.ReaderStoppedError(error.message);
}

/**
 * The engine in its worker. Its calls reject with a `LensError` or with an `AbortError`, also
 * after the worker has died.
 */
export function connectEngine(worker: EngineWorker = startWorker()): Engine {
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener("error", (event) => {
      const message = "message" in event && typeof event.message === "string" && event.message;
      reject(new errors.ReaderStoppedError(message || "its script did not load"));
    });
    worker.addEventListener("messageerror", () =>
      reject(new errors.ReaderStoppedError("a message did not arrive")),
    );
  });
  died.catch(() => {}); // each call says it

  const remote: Remote<Engine> = wrap<Engine>(worker);
  const answer = <T>(call: Promise<T>): Promise<T> =>
    Promise.race([call, died]).catch((error) => {
      throw revive(error);
    });
  return {
    load: (backend, onProgress) => answer(remote.load(backend, proxy(onProgress))),
    read: (request, onReading) => answer(remote.read(request, proxy(onReading))),
    tokenize: (text) => answer(remote.tokenize(text)),
    inspect: (files) => answer(remote.inspect(files)),
    openModel: (model, backend, onProgress) =>
      answer(remote.openModel(model, backend, proxy(onProgress))),
    openLens: (lens, sha256, url) => answer(remote.openLens(lens, sha256, url)),
    fetchLens: (lens, onProgress) => answer(remote.fetchLens(lens, proxy(onProgress))),
    cancelFetch: () => answer(remote.cancelFetch()),
    closeLens: (name) => answer(remote.closeLens(name)),
    saveLens: (name, format, app) => answer(remote.saveLens(name, format, app)),
    info: () => answer(remote.info()),
    cancel: () => answer(remote.cancel()),
    isAtHand: () => answer(remote.isAtHand()),
    prepareText: (source, options, onProgress) =>
      answer(remote.prepareText(source, options, proxy(onProgress))),
    cancelText: () => answer(remote.cancelText()),
    estimateTraining: (settings) => answer(remote.estimateTraining(settings)),
    train: (settings, name, app, onReport) =>
      answer(remote.train(settings, name, app, proxy(onReport))),
    pauseTraining: () => answer(remote.pauseTraining()),
    continueTraining: () => answer(remote.continueTraining()),
    cancelTraining: () => answer(remote.cancelTraining()),
    savedRun: () => answer(remote.savedRun()),
    resumeTraining: (app, onReport) => answer(remote.resumeTraining(app, proxy(onReport))),
    discardRun: () => answer(remote.discardRun()),
    evaluate: (request, app, onProgress) =>
      answer(remote.evaluate(request, app, proxy(onProgress))),
    cancelEvaluation: () => answer(remote.cancelEvaluation()),
    trainElsewhere: (settings, app) => answer(remote.trainElsewhere(settings, app)),
    receipt: (lens) => answer(remote.receipt(lens)),
  };
}
