import type { EngineInfo, OpenLensInfo } from "../engine/protocol";
import { type LensError, MissingLensError, NoLensError } from "../errors";
import { lensKindName } from "../lens/lensKind";
import type { LensKind, LensNames, ReadingState } from "./readingState";

type Lenses = Pick<ReadingState, "info" | "lens" | "lensNames">;

const isKind = (wanted: string): wanted is LensKind => Object.hasOwn(lensKindName, wanted);

/**
 * What the engine is to read with: of a kind the lens in use, or a lens by its name.
 *
 * @param wanted the kind that is chosen, unless given
 * @throws NoLensError if none of that kind is open
 */
export function lensToRead(lenses: Lenses, wanted: string = lenses.lens): string {
  const { info, lens, lensNames } = lenses;
  if (!isKind(wanted)) return wanted;
  const isOpen = wanted === "logit" || !info || info.lenses.some(({ kind }) => kind === wanted);
  if (!isOpen) throw new NoLensError(lensKindName[wanted], lensKindName[lens]);
  return lensNames[wanted] ?? wanted;
}

/** The name of the lens in use, as far as it is open; null where it is not. */
export function nameInUse({ info, lens, lensNames }: Lenses): string | null {
  const ofKind = info?.lenses.filter(({ kind }) => kind === lens) ?? [];
  const named = ofKind.find(({ name }) => name === lensNames[lens]);
  return (named ?? ofKind.at(-1))?.name ?? null;
}

/**
 * Why a kind of lens cannot be chosen; null where it can.
 *
 * @param isKnown whether a reading with it is there
 */
export function refusalOf(
  kind: LensKind,
  { info, lens, source, reading }: Pick<ReadingState, "info" | "lens" | "source" | "reading">,
  isKnown: boolean,
): LensError | null {
  if (isKnown) return null;
  const [wanted, inUse] = [lensKindName[kind], lensKindName[lens]];
  const isOpen = info ? info.lenses.some((one) => one.kind === kind) : kind !== "jacobian";
  if (kind !== "logit" && !isOpen) return new NoLensError(wanted, inUse);
  const isElsewhere = reading !== null && source.kind !== "live" && !info;
  return isElsewhere ? new MissingLensError(wanted, inUse) : null;
}

/** What changes where lenses were opened or closed since. */
export function afterChange(
  state: Lenses,
  info: EngineInfo,
): {
  /** Names that stand for no lens any more, or for another. */
  readonly closed: ReadonlySet<string>;
  readonly lensNames: LensNames;
  /** The lens that takes the place of the one in use; null where that is still open. */
  readonly next: Pick<OpenLensInfo, "kind" | "name"> | { readonly kind: "logit" } | null;
} {
  const isThere = (one: OpenLensInfo) =>
    info.lenses.some(({ name, sha256 }) => name === one.name && sha256 === one.sha256);
  const closed = state.info?.lenses.filter((one) => !isThere(one)) ?? [];
  const names = new Set(info.lenses.map(({ name }) => name));
  const kept = Object.entries(state.lensNames).filter(([, name]) => names.has(name));
  const inUse = nameInUse(state);
  const isClosed = inUse !== null && !names.has(inUse);
  const others = info.lenses.findLast(({ kind }) => kind === state.lens) ?? info.lenses.at(-1);
  return {
    closed: new Set(closed.map(({ name }) => name)),
    lensNames: Object.fromEntries(kept),
    next: isClosed ? (others ?? { kind: "logit" }) : null,
  };
}
