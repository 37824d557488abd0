import { PromptError } from "../errors";
import type { LensInfo } from "../lens/reading";
import type { Translator } from "../lens/translator";
import type { OpenLensInfo } from "./protocol";
import type { KnownReceipt } from "./trainingProtocol";

/** What a lens reads with. */
export type Lens = {
  readonly info: LensInfo;
  /** By layer; null reads it with the logit lens, where `missing` does not name it. */
  readonly translators: readonly (Translator | null)[];
  /** Layers that it has nothing for, ascending. */
  readonly missing: readonly number[];
};

export type OpenLens = Lens & {
  readonly info: OpenLensInfo;
  /** The model that its file was made for, as Hugging Face names it; null where it does not say. */
  readonly baseModel: string | null;
  /** Of the unembedding that it was made with, as its config says it. */
  readonly unembedHash: string | null;
  readonly receipt: KnownReceipt | null;
};

/** What a request may say in place of a lens's name. */
const kinds: readonly LensInfo["kind"][] = ["logit", "tuned", "jacobian"];

/** The lens that is always there: the final norm and the unembedding, and nothing before them. */
const logitLens = (nLayers: number): Lens => ({
  info: { kind: "logit", name: "logit lens", sha256: null },
  translators: Array(nLayers).fill(null),
  missing: [],
});

/** The lenses that are open for a model, by names of their own; the newest last. */
export function createOpenLenses(nLayers: number, first: readonly OpenLens[]) {
  const logit = logitLens(nLayers);
  let lenses = first;
  const isTaken = (name: string) =>
    name === logit.info.name ||
    kinds.some((kind) => kind === name) ||
    lenses.some(({ info }) => info.name === name);

  /** The name, with a number behind it where it is another's. */
  function freeName(wanted: string): string {
    let name = wanted;
    for (let i = 2; isTaken(name); ++i) name = `${wanted} ${i}`;
    return name;
  }

  /** Adds a lens, under a name that is free; returns the name. */
  function add(lens: OpenLens): string {
    const name = freeName(lens.info.name);
    lenses = [...lenses, { ...lens, info: { ...lens.info, name } }];
    return name;
  }

  return {
    all: () => lenses,
    /**
     * The lens of that name, or the newest of that kind.
     *
     * @throws PromptError if none is open
     */
    find(wanted: string): Lens {
      const all = [logit, ...lenses];
      const found =
        all.find(({ info }) => info.name === wanted) ??
        all.findLast(({ info }) => info.kind === wanted);
      if (found) return found;
      const open = all.map(({ info }) => info.name).join(", ");
      throw new PromptError(`No lens named "${wanted}" is open; these are: ${open}.`);
    },
    /** @throws PromptError if no lens of that name has a file */
    named(name: string): OpenLens {
      const found = lenses.find(({ info }) => info.name === name);
      if (found) return found;
      throw new PromptError(`No lens named "${name}" is open.`);
    },
    bySha256: (sha256: string) => lenses.find(({ info }) => info.sha256 === sha256) ?? null,
    freeName,
    add,
    /** Puts a lens in the place of the open one of that name, which it takes; returns the name. */
    replace(name: string, lens: OpenLens): string {
      const renamed = { ...lens, info: { ...lens.info, name } };
      lenses = lenses.map((one) => (one.info.name === name ? renamed : one));
      return name;
    },
    /** Adds those lenses of another session of the model that are not open in this one. */
    bring(others: readonly OpenLens[]): void {
      for (const lens of others) {
        const { sha256 } = lens.info; // one that is still in training has none
        const isOpen = sha256 !== null && lenses.some(({ info }) => info.sha256 === sha256);
        if (!isOpen && lens.translators.length === nLayers) add(lens);
      }
    },
    /** @returns the lens that was open; null where there is none, or it came with the page and stays */
    close(name: string): OpenLens | null {
      const closed = lenses.find(({ info }) => info.name === name && !info.isBundled);
      lenses = lenses.filter((lens) => lens !== closed);
      return closed ?? null;
    },
  };
}

export type OpenLenses = ReturnType<typeof createOpenLenses>;
