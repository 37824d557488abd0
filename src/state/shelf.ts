import type { ReadRequest } from "../engine/protocol";
import { haveSameCells } from "../lens/cells";
import { lensKindName } from "../lens/lensKind";
import type { Reading } from "../lens/reading";

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
  const isSameLens = ({ reading: a }: Shelved, { reading: b }: Shelved) =>
    a.lens.kind === b.lens.kind && a.lens.name === b.lens.name;
  return {
    /** Puts a reading in; those of other prompts make room. */
    put(one: Shelved): void {
      const others = all.filter((other) => belongs(one, other) && !isSameLens(one, other));
      all = [...others, one];
    },
    /** The newest reading of a lens of that kind, or the one of the lens of that name. */
    of(lens: string): Shelved | null {
      const key = Object.hasOwn(lensKindName, lens) ? "kind" : "name"; // no lens that is open is called as a kind is
      return all.findLast(({ reading }) => reading.lens[key] === lens) ?? null;
    },
    /** Forgets what was read here with lenses of these names. */
    drop(names: ReadonlySet<string>): void {
      all = all.filter(
        ({ reading, source }) => source.kind !== "live" || !names.has(reading.lens.name),
      );
    },
    clear(): void {
      all = [];
    },
  };
}
