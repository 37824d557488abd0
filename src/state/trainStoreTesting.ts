import { app } from "./filesTesting";
import type { ReadingStoreOptions } from "./readingStore";
import { setup, tick } from "./storeTesting";
import { createTrainingStore } from "./trainingStore";
import { reportAt, summaryNamed } from "./trainingTesting";

/** From the last key in the text to its preparation, and then to the question what it takes. */
export const textPauseMs = 500;
export const estimatePauseMs = 200;

/** The page's stores, with that of the Train tab. */
export function setupTraining(options: Partial<ReadingStoreOptions> = {}) {
  const page = setup(options);
  const trainingStore = createTrainingStore(page.engine, page.store, app, (callback) => callback());
  const training = () => trainingStore.getState();
  /** A page whose model is loaded, and which has read nothing. */
  const load = async () => {
    const done = page.state().load();
    await tick();
    page.loads[0].resolve();
    await done;
    await tick();
  };
  /** Presses Train with some text, and lets the engine begin. */
  const begin = async () => {
    training().paste("Some text.");
    const done = training().trainOrThrow();
    done.catch(() => {});
    await tick();
    page.texts.at(-1)?.resolve(summaryNamed("pasted"));
    await tick();
    return { done, run: page.trainings.at(-1)! };
  };
  /** As `begin`, with the first report. */
  const running = async () => {
    const { done, run } = await begin();
    await run.report(reportAt(0));
    await tick();
    return { done, run };
  };
  return { ...page, trainingStore, training, load, begin, running };
}
