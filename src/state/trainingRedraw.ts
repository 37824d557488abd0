import { nextTask } from "../math/nextTask";
import type { ReadingState } from "./readingState";
import { type ReadingStore, shownOnPage } from "./readingStore";

const isBusy = ({ progress: { status } }: ReadingState) =>
  status === "reading" || status === "loading";

const untilAtRest = (reading: ReadingStore) =>
  new Promise<void>((resolve) => {
    if (!isBusy(reading.getState())) return resolve();
    const stop = reading.subscribe((state) => {
      if (isBusy(state)) return;
      stop();
      resolve();
    });
  });

/**
 * Draws the reading on screen anew, with the lens as it has grown, one drawing after the other: what the
 * visitor reads is not cut short, and of those that wait the last is drawn.
 */
export function createRedraw(reading: ReadingStore) {
  let waiting: string | null = null;
  let isUnderWay = false;

  async function drawWaiting(): Promise<void> {
    while (waiting !== null) {
      await untilAtRest(reading);
      const name = waiting;
      waiting = null;
      const isDone = await reading.getState().readAgain(name);
      if (isDone) continue;
      waiting ??= name;
      await nextTask(); // what is read for a script need not show as progress: that is no time to spin
    }
  }

  return async (name: string): Promise<void> => {
    waiting = name;
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await shownOnPage(drawWaiting());
    } finally {
      isUnderWay = false;
    }
  };
}
