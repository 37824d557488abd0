import type { OpenLens } from "./openLenses";

/** Two lenses for a model of a billion parameters, or many for small ones. */
const mostBytes = 2 ** 30;

/** The lenses of models that were replaced, for when these come back: the newest, as far as they fit. */
export function createLensShelf(maxBytes = mostBytes) {
  /** The newest first. */
  let shelved: readonly { readonly sha256: string; readonly lens: OpenLens }[] = [];

  return {
    /** @param sha256 of the model that they were open for */
    put(sha256: string, lenses: readonly OpenLens[]): void {
      let heldBytes = 0;
      const newest = lenses.map((lens) => ({ sha256, lens })).reverse();
      shelved = [...newest, ...shelved].filter(({ lens }) => {
        const bytes = bytesOf(lens);
        if (heldBytes + bytes > maxBytes) return false;
        heldBytes += bytes;
        return true;
      });
    },
    /** A model's lenses, the newest last, which leave the shelf. */
    take(sha256: string): OpenLens[] {
      const taken = shelved.filter((one) => one.sha256 === sha256);
      shelved = shelved.filter((one) => one.sha256 !== sha256);
      return taken.map(({ lens }) => lens).reverse();
    },
  };
}

/** Layers may share an array. */
function bytesOf({ translators }: OpenLens): number {
  const arrays = new Set(translators.flatMap((one) => (one ? [one.weight, one.bias] : [])));
  return [...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
}
