import { createStore } from "zustand/vanilla";

import type { Engine } from "../engine/protocol";
import type { OnTrainingReport, TrainingEngine } from "../engine/trainingProtocol";
import { LensError, TrainingError, TrainingTextError } from "../errors";
import type { App } from "../lens/readingJson";
import { defaultSample, defaultSettings } from "../lens/trainingDefaults";
import type { TrainingSettings } from "../lens/trainingSettings";
import { onNextFrame } from "../math/onNextFrame";
import type { Schedule } from "./latest";
import { orAbort } from "./orAbort";
import { isAbort, type ReadingStore, shownOnPage } from "./readingStore";
import { createTrainingEstimate } from "./trainingEstimate";
import { copyReceipt, saveTrainElsewhere } from "./trainingFiles";
import { checkSettings } from "./trainingOptions";
import { type Beginning, createTrainingRun, isUnderWay, nothingShown } from "./trainingRun";
import type { TextFields, TrainingState } from "./trainingState";
import { createTrainingText, lensNameOf } from "./trainingText";

const emptyText: TextFields = {
  choice: "paste",
  pastedLength: 0,
  files: [],
  corpus: null,
  sample: defaultSample,
  options: { sequenceLength: null, heldOut: null },
};

const unseen =
  "This training has not begun: another that was cut off is saved on this machine, and this tab had not shown it. It is above the text now: decide first what becomes of it.";

/** The Train tab: its form, what is prepared of it, and the training. */
export function createTrainingStore(
  engine: Pick<Engine, "info"> & TrainingEngine,
  reading: ReadingStore,
  app: App,
  schedule: Schedule = onNextFrame,
) {
  return createStore<TrainingState>()((set, get, store) => {
    const port = { get, set };
    const isTraining = () => isUnderWay(get().run);
    const text = createTrainingText(engine, reading, schedule, { ...port, isTraining });
    const estimate = createTrainingEstimate(engine, reading, { ...port, isTraining });
    const training = createTrainingRun(engine, reading, port);
    /** Which question of what is saved is the newest: the answers to others are late. */
    let asked = 0;

    reading.subscribe(({ info }, before) => {
      if (info?.model.sha256 === before.info?.model.sha256) return;
      if (before.info) text.forget(); // another model has other tokens
      text.plan();
      void shownOnPage(get().findSaved());
    });

    store.subscribe(({ textStatus }, before) => {
      const isReady = textStatus.status === "ready";
      if (isReady !== (before.textStatus.status === "ready")) estimate.renew();
    });

    /** @throws TrainingError where another tab has left a training that nobody has seen here: it would be lost */
    async function refuseUnseen(): Promise<void> {
      const shown = get().saved;
      const turn = ++asked;
      const saved = await engine.savedRun();
      if (turn === asked) set({ saved });
      if (saved && saved.savedAt !== shown?.savedAt) throw new TrainingError(unseen);
    }

    /** @param check is asked first, since a text may take minutes, and last, since a tab may be closed meanwhile */
    async function begin(
      name: string | null,
      signal: AbortSignal,
      check: () => Promise<void>,
    ): Promise<Beginning> {
      const { settings } = get();
      const wanted = name ?? lensNameOf(get().text);
      const { model, backend, threads } = await orAbort(reading.getState().load(), signal);
      checkSettings(settings, model.nLayers);
      await orAbort(check(), signal);
      signal.addEventListener("abort", text.cancel, { once: true });
      const summary = await orAbort(text.prepare(), signal).catch((error) => {
        if (!isAbort(error) || signal.aborted) throw error;
        throw new TrainingTextError(
          "The text was changed, or another model was opened, while the training was about to begin. Press Train to train on the text there is now.",
        );
      });
      signal.removeEventListener("abort", text.cancel);
      await orAbort(check(), signal);
      const train = (onReport: OnTrainingReport) => engine.train(settings, wanted, app, onReport);
      const machine = { backend, threads };
      const before = { report: null, history: [] };
      return { text: summary, settings, model, machine, name: wanted, ...before, train };
    }

    async function beginAgain(signal: AbortSignal): Promise<Beginning> {
      const { backend, threads } = await orAbort(reading.getState().load(), signal);
      const { saved } = get();
      if (!saved) throw new TrainingError("No training is saved here. Press Train to begin one.");
      text.forget(); // the engine goes on with the text that was saved
      set({ settings: saved.settings });
      const train = (onReport: OnTrainingReport) => engine.resumeTraining(app, onReport);
      return { ...saved, machine: { backend, threads }, name: saved.lens, train };
    }

    /** Whatever the training comes to, what waited for it goes on. */
    async function toItsEnd<T>(done: Promise<T>): Promise<T> {
      try {
        return await done;
      } catch (error) {
        void shownOnPage(get().findSaved()); // what failed half-way may be gone on with
        throw error;
      } finally {
        text.plan();
        estimate.renew();
      }
    }

    return {
      text: emptyText,
      textStatus: { status: "idle" },
      settings: defaultSettings,
      estimate: null,
      run: { status: "idle" },
      ...nothingShown,
      notice: null,
      elsewhere: null,
      saved: null,

      paste: text.paste,
      give: text.give,
      pasted: text.pasted,
      setText: text.change,
      setTextOptions: (options) => text.change({ options: { ...get().text.options, ...options } }),
      setSettings(change) {
        set({ settings: withStart({ ...get().settings, ...change }, reading) });
        estimate.renew();
      },
      prepare: text.prepare,
      cancelText: text.cancel,

      train: () =>
        isTraining()
          ? Promise.resolve()
          : shownOnPage(toItsEnd(training.run((signal) => begin(null, signal, refuseUnseen)))),
      trainOrThrow: (name = null, onReport) =>
        toItsEnd(training.run((signal) => begin(name, signal, async () => {}), onReport)),
      pause: training.pause,
      continueTraining: training.continueTraining,
      cancel: training.cancel,
      resume: () =>
        isTraining()
          ? Promise.resolve()
          : shownOnPage(
              toItsEnd(training.run(beginAgain).then(({ receipt }) => text.adopt(receipt.text))),
            ),
      async discard() {
        ++asked;
        const { run } = get(); // a refusal to begin was for what is discarded now
        set({ saved: null, run: run.status === "failed" ? { status: "idle" } : run });
        await shownOnPage(engine.discardRun());
      },
      async findSaved() {
        if (isTraining()) return;
        const turn = ++asked;
        const saved = await engine.savedRun();
        if (turn === asked && !isTraining()) set({ saved });
      },

      async useLens() {
        const { lens } = get();
        if (lens !== null) await shownOnPage(reading.getState().choose("tuned", lens));
      },
      async trainElsewhere() {
        set({ elsewhere: null });
        const { settings } = get();
        try {
          await get().prepare();
          checkSettings(settings, reading.getState().info?.model.nLayers ?? null);
          const name = lensNameOf(get().text);
          set({ elsewhere: await saveTrainElsewhere(engine, settings, name, app) });
        } catch (error) {
          if (error instanceof LensError && get().textStatus.status !== "failed") {
            set({ elsewhere: error.message });
          }
          await shownOnPage(Promise.reject(error));
        }
      },
      receiptOf: (lens) => engine.receipt(lens),
      async copyReceipt() {
        const { receipt } = get();
        if (receipt) set({ notice: await copyReceipt(receipt) });
      },
      dismiss() {
        set({ notice: null });
        if (get().run.status === "failed") set({ run: { status: "idle" } });
        if (get().textStatus.status === "failed") set({ textStatus: { status: "idle" } });
      },
    };
  });
}

/** The settings with the lens that is started from, by default the one that is read with. */
function withStart(settings: TrainingSettings, reading: ReadingStore): TrainingSettings {
  const isOpen = settings.start === "open";
  const startLens = isOpen ? (settings.startLens ?? reading.getState().nameInUse()) : null;
  return { ...settings, startLens };
}

export type TrainingStore = ReturnType<typeof createTrainingStore>;
