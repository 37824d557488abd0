import type { OpenLens } from "../openLenses";
import type { Session } from "../session";

/** The lens of a training among the open ones, from its first figures to its end. */
export function createGrowing({ lenses, putLens, closeLens, forget }: GrowingHost) {
  let shown: OpenLens | null = null;
  let name = "";
  const isOpen = () => lenses.all().some(({ translators }) => translators === shown?.translators);

  /** Opens it, or puts it in the place of the one before. */
  function put(lens: OpenLens): void {
    name = isOpen() ? putLens(name, lens) : lenses.add(lens);
    shown = lens;
  }

  return {
    /** The lens as it is now; one that the visitor closed stays closed. */
    grow(lens: OpenLens): void {
      if (!shown || isOpen()) put(lens);
    },
    /**
     * The lens that the training ended with, which opens also where the visitor closed the growing one.
     *
     * @param start translators that the training read with too
     * @returns its name
     */
    finish(lens: OpenLens, start: OpenLens["translators"]): string {
      const before = shown?.translators ?? [];
      put(lens);
      shown = null; // it is no longer this training's to close
      forget([...before, ...start].filter((one) => !lens.translators.includes(one)));
      return name;
    },
    /** The training came to nothing. */
    close(): void {
      if (isOpen()) closeLens(name);
      forget(shown?.translators ?? []);
    },
  };
}

type GrowingHost = Pick<Session, "putLens" | "closeLens" | "forget"> & {
  readonly lenses: Pick<Session["lenses"], "all" | "add">;
};
