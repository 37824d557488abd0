import type { ReadRequest } from "../engine/protocol";
import { haveSameCells } from "../lens/cells";
import type { LensInfo, Reading } from "../lens/reading";

/** Where a reading comes from: this machine's model, the page's own recordings, or a visitor's file. */
export type Source =
  | { readonly kind: "live" }
  | { readonly kind: "recorded" }
  | { readonly kind: "file"; readonly name: string };

/** A whole reading, and what was asked for. */
export type Shelved = {
  readonly request: ReadRequest;
  readonly reading: Reading;
  readonly source: Source;
  /** How long the reading took, without loading; null where it was read elsewhere. */
  readonly elapsedMs: number | null;
};

const nameOf = (source: Source) =>
  source.kind === "file" ? `${source.kind} ${source.name}` : source.kind;

/** The newest whole reading of each lens, all of the same cells and from one source. */
export function createShelf() {
  let all: readonly Shelved[] = [];
  const belongs = (a: Shelved, b: Shelved) =>
    nameOf(a.source) === nameOf(b.source) && haveSameCells(a.reading, b.reading);
  return {
    /** Puts a reading in; those of other prompts make room. */
    put(one: Shelved): void {
      const others = all.filter(
        (other) => belongs(one, other) && other.reading.lens.kind !== one.reading.lens.kind,
      );
      all = [...others, one];
    },
    of: (lens: LensInfo["kind"]) => all.find(({ reading }) => reading.lens.kind === lens) ?? null,
  };
}
