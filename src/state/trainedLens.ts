import type { Engine } from "../engine/protocol";
import { type ReadingStore, shownOnPage } from "./readingStore";
import { createRedraw } from "./trainingRedraw";

export type LensEngine = Pick<Engine, "info">;

/**
 * The lens in training, as the page has it: a choice under `Lens` once the engine has opened it, and what
 * is read with it is read anew as it grows.
 *
 * @param before names of the lenses that were open before
 * @param wanted the name that was asked for, which the engine may have put a number behind
 * @param onName told its name, once
 */
export function createTrainedLens(
  engine: LensEngine,
  reading: ReadingStore,
  before: ReadonlySet<string>,
  wanted: string,
  onName: (name: string) => void,
) {
  const redraw = createRedraw(reading);
  let name: string | null = null;
  let isOver = false;

  /** Tells the page which lenses are open now. */
  async function learn(): Promise<void> {
    const info = await engine.info();
    void shownOnPage(reading.getState().know(info));
    if (name !== null || isOver) return;
    const opened = info.lenses.map((lens) => lens.name).filter((one) => !before.has(one));
    const isWanted = (one: string) => one === wanted || one.startsWith(`${wanted} `);
    name = opened.find(isWanted) ?? null;
    if (name !== null) onName(name);
  }

  return {
    async grew(): Promise<void> {
      await shownOnPage(learn());
      if (name !== null && !isOver) await redraw(name);
    },
    /** @param trained the name that it has in the end; null where it came to nothing */
    async done(trained: string | null): Promise<void> {
      await shownOnPage(learn());
      isOver = true;
      if (trained !== null) void redraw(trained);
    },
  };
}
