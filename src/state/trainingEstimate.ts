import type { TrainingEngine } from "../engine/trainingProtocol";
import { type ReadingStore, shownOnPage } from "./readingStore";
import { checkSettings } from "./trainingOptions";
import type { TrainingState } from "./trainingState";
import { isTextGiven } from "./trainingText";

type Slice = Pick<TrainingState, "text" | "textStatus" | "settings" | "estimate">;
type Port = {
  readonly get: () => Slice;
  readonly set: (change: Pick<Slice, "estimate">) => void;
  /** The machine is measured by itself: not while it trains. */
  readonly isTraining: () => boolean;
};

/** From the last change of the settings to the question. */
const pauseMs = 200;

/** Asks what a training would take, one question at a time, whenever the text or the settings have changed. */
export function createTrainingEstimate(
  engine: Pick<TrainingEngine, "estimateTraining">,
  reading: ReadingStore,
  { get, set, isTraining }: Port,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  let asked: Promise<unknown> = Promise.resolve();

  async function ask(turn: number): Promise<void> {
    await asked.catch(() => {});
    const { textStatus, settings } = get();
    if (turn !== latest || textStatus.status !== "ready" || isTraining()) return;
    checkSettings(settings, reading.getState().info?.model.nLayers ?? null);
    const estimate = await engine.estimateTraining(settings);
    if (turn === latest) set({ estimate });
  }

  return {
    /** What is known is no longer true. */
    renew(): void {
      clearTimeout(timer);
      const turn = ++latest;
      if (get().estimate) set({ estimate: null });
      const { text, textStatus } = get();
      if (textStatus.status !== "ready" || !isTextGiven(text) || isTraining()) return;
      timer = setTimeout(() => {
        asked = shownOnPage(ask(turn)); // what is wrong with the settings, the training says
      }, pauseMs);
    },
  };
}
