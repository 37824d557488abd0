import { TrainingError, TrainingTextError } from "../../errors";
import type { Session } from "../session";
import type { SavedRun, TrainingEngine } from "../trainingProtocol";
import { createAlone } from "./alone";
import { type Checkpoint, createCheckpoint } from "./checkpoint";
import type { WithKit } from "./drive";
import { trainElsewhereZip } from "./elsewhere/elsewhere";
import { createMachine } from "./estimate";
import { evaluate } from "./evaluate";
import { follow, kitOf } from "./follow";
import { asideError } from "./kept";
import { otherSplitNotice } from "./otherSplit";
import type { PreparedText } from "./preparedText";
import { createRunning, type Running } from "./running";
import { baseModelOf, runOf } from "./runOf";
import type { Run } from "./runState";
import type { RunStore } from "./runStore";
import { prepareText } from "./text";
import { firstState } from "./train";
import type { TrainingLock } from "./trainingLock";

/** What trainings stand on. */
export type TrainingHost = {
  /** The model in use, which is loaded where none is. */
  session(): Promise<Session>;
  /** Of the model in use, or of the one that would be loaded. */
  modelSha256(): Promise<string>;
  openStore(): Promise<RunStore | null>;
  readonly lock: TrainingLock;
};

const aborted = (what: string) => new DOMException(what, "AbortError");

/** The engine's part that trains: one text, one training at a time. */
export function createTrainingEngine({ session, modelSha256, openStore, lock }: TrainingHost) {
  /** Its ids are those of the model that has this sum. */
  let text: (PreparedText & { readonly of: string }) | null = null;
  /** What runs beside a training, all of it. */
  const beside = createRunning();
  let preparing: Running<unknown> | null = null;
  let evaluating: Running<unknown> | null = null;
  let store: Promise<RunStore | null> | null = null;
  const machine = createMachine();
  const alone = createAlone(lock);

  const checkpoint = async (): Promise<Checkpoint | null> => {
    store ??= openStore();
    const opened = await store;
    return opened && createCheckpoint(opened);
  };

  function preparedFor({ model }: Session): PreparedText {
    if (text?.of === model.info.sha256) return text;
    throw new TrainingTextError("There is no text yet. Choose one, then train on it.");
  }

  /** Where a new run is saved. @throws TrainingError where another model's lies, which would be lost */
  async function beginRun(run: Run): Promise<Checkpoint | null> {
    const disk = await checkpoint();
    const { model } = (await disk?.find())?.run ?? run;
    if (model.sha256 !== run.model.sha256) {
      throw new TrainingError(
        `A training of another model, ${model.name}, is saved on this machine, and there is a place for one. Open that model's files and go on with it, or discard it, then train.`,
      );
    }
    disk?.begin(run);
    return disk;
  }

  const engine = {
    async prepareText(source, options, onProgress) {
      preparing?.controller.abort(aborted("Another text is being prepared."));
      const mine = beside.start(async (signal) => {
        const opened = await session();
        signal.throwIfAborted();
        const next = await opened.withReader(
          (reader, stop) => prepareText(source, options, opened.model, reader, onProgress, stop),
          signal,
        );
        signal.throwIfAborted();
        text = { ...next, of: opened.model.info.sha256 };
        return next.summary;
      });
      preparing = mine;
      return mine.done;
    },
    async cancelText() {
      preparing?.controller.abort(aborted("Preparing the text was cancelled."));
    },
    estimateTraining: (settings) =>
      beside.start(async (ended) => {
        const opened = await session();
        const withKit: WithKit = (task, signal) =>
          kitOf(opened)(task, AbortSignal.any([signal, ended]));
        return machine.estimate(withKit, opened.model.info, preparedFor(opened), settings);
      }).done,
    train: (settings, name, app, onReport) =>
      alone.train(async (onDriven) => {
        const opened = await session();
        const run = runOf(opened, preparedFor(opened), settings, opened.lenses.freeName(name));
        const disk = await beginRun(run);
        const from = firstState(run, machine.pace(run.model, settings, run.text));
        return follow(opened, run, from, disk, app, onReport, onDriven);
      }),
    async pauseTraining() {
      await (await alone.driven())?.pause();
    },
    async continueTraining() {
      (await alone.driven())?.continue();
    },
    async cancelTraining() {
      (await alone.driven())?.cancel();
    },
    async savedRun(): Promise<SavedRun | null> {
      if (await alone.isTaken()) return null;
      const found = await (await checkpoint())?.find();
      if (!found) return null;
      const { run, progress, savedAt } = found;
      return {
        model: run.model,
        isOfModel: run.model.sha256 === (await modelSha256()),
        text: run.text.summary,
        settings: run.settings,
        lens: run.name,
        report: progress.report,
        history: progress.history,
        savedAt,
      };
    },
    resumeTraining: (app, onReport) =>
      alone.train(async (onDriven) => {
        const opened = await session();
        const disk = await checkpoint();
        const found = await disk?.find();
        if (!found) throw new TrainingError("No training lies on this machine. Start a new one.");
        const [theirs, ours] = [found.run.model, opened.model.info];
        if (theirs.sha256 !== ours.sha256) {
          throw new TrainingError(
            `The saved training is of another model, ${theirs.name} (sha256 ${theirs.sha256}); the one in use is ${ours.name} (sha256 ${ours.sha256}). Open that model's files, then continue, or discard the training.`,
          );
        }
        const { run, state } = await found.read();
        text = { ...run.text, of: ours.sha256 };
        return follow(opened, run, state, disk, app, onReport, onDriven);
      }),
    async discardRun() {
      if (await alone.isTaken()) return;
      await (await checkpoint())?.clear();
    },
    async evaluate(request, app, onProgress) {
      evaluating?.controller.abort(aborted("Another evaluation was started."));
      const mine = beside.start(async (signal) => {
        const opened = await session();
        const { model, lenses } = opened;
        const held = preparedFor(opened);
        const measured = await kitOf(opened)(
          (kit, _, stop) => evaluate(kit, model, lenses, held, request, onProgress, stop),
          signal,
        );
        const names = [...request.lenses, request.transferOf];
        const read = lenses.all().filter(({ info }) => names.includes(info.name));
        return {
          ...{ model: model.info, text: held.summary, ...measured, app },
          notice: otherSplitNotice(read, held.summary),
          backend: opened.info().backend,
          date: new Date().toISOString(),
        };
      });
      evaluating = mine;
      return mine.done;
    },
    async cancelEvaluation() {
      evaluating?.controller.abort(aborted("The evaluation was cancelled."));
    },
    async trainElsewhere(settings, app) {
      const opened = await session();
      const run = runOf(opened, preparedFor(opened), settings, "trained elsewhere");
      return trainElsewhereZip(run, baseModelOf(opened), app);
    },
    async receipt(lens) {
      return (await session()).lenses.all().find(({ info }) => info.name === lens)?.receipt ?? null;
    },
  } satisfies TrainingEngine;

  return {
    ...engine,
    /**
     * Before the model in use is closed: what trains on it is saved, and all that runs on it ends. Nothing
     * does once this resolves, until the next call.
     */
    async setAside(): Promise<void> {
      while (alone.training() || beside.size() > 0) {
        const training = alone.training();
        const ended = beside.end(aborted("Another model was opened."));
        await (await training?.driven)?.setAside(asideError);
        await Promise.allSettled([training?.done, ended]);
      }
    },
  };
}
