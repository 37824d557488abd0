import { createFilesStore } from "./filesStore";
import type { ReadingStoreOptions } from "./readingStore";
import { setup, tick } from "./storeTesting";

export const app = { name: "midthought", version: "0.1.0" };

/** Files as a visitor gives them; what they hold does not matter. */
export const given = (...names: readonly string[]) => names.map((name) => new File(["x"], name));

/** The page's stores, with that of its files. */
export function setupFiles(options: Partial<ReadingStoreOptions> = {}) {
  const page = setup(options);
  const { engine, store } = page;
  const filesStore = createFilesStore(engine, store, app);
  const files = () => filesStore.getState();
  /** Gives files, and lets the engine look at them. */
  const drop = (...names: readonly string[]) => dropFiles(given(...names));
  const dropFiles = (all: readonly File[]) => {
    const opened = files().openOrThrow(all);
    opened.catch(() => {});
    return opened;
  };
  /** What the page says of each file. */
  const rows = () =>
    files().rows.map(({ name, status, note }) => `${name}: ${status}${note ? `, ${note}` : ""}`);
  /** A page that has read its example with both lenses. */
  const ready = async () => {
    await page.ready();
    await tick();
  };
  return { ...page, ready, filesStore, files, drop, dropFiles, rows };
}
