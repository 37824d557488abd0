import { type GpuTranslator, uploadTranslator } from "../kernel/translate";
import type { Translator } from "../lens/translator";

type Translators = readonly (Translator | null)[];

/** Translators on the GPU, by those that they are copies of. */
export type GpuTranslators = {
  /**
   * Uploads those that are not there yet, and frees what was asked for before and nobody holds now. None
   * at all (the logit lens) frees nothing: the reader may come back to the last lens.
   *
   * @returns lets go of them; until it is called they stay, whatever else is asked for or forgotten
   */
  hold(wanted: Translators): () => void;
  /** The copy of one that is held. */
  get(translator: Translator): GpuTranslator;
  /** Frees those of these that are there: at once, or where the last who holds them lets go. */
  forget(unwanted: Translators): void;
  /** Forgets all. */
  dispose(): void;
};

export function createGpuTranslators(device: GPUDevice): GpuTranslators {
  const copies = new Map<Translator, GpuTranslator & { holders: number }>();
  /** Those that were asked for last, which stay where nobody holds them. */
  let last = new Set<Translator>();

  function freeUnused(): void {
    for (const [translator, { weight, bias, holders }] of copies) {
      if (holders > 0 || last.has(translator)) continue;
      weight.buffer.destroy();
      bias.buffer.destroy();
      copies.delete(translator);
    }
  }

  return {
    hold(wanted) {
      const held = new Set(wanted.filter((translator) => translator !== null));
      if (held.size === 0) return () => {};
      last = new Set(held);
      freeUnused();
      for (const translator of held)
        if (!copies.has(translator))
          copies.set(translator, { ...uploadTranslator(device, translator), holders: 0 });
      const count = (by: number) => {
        for (const translator of held) copies.get(translator)!.holders += by;
      };
      count(1);
      return () => {
        count(-1);
        freeUnused();
      };
    },
    get: (translator) => copies.get(translator)!,
    forget(unwanted) {
      for (const translator of unwanted) if (translator) last.delete(translator);
      freeUnused();
    },
    dispose() {
      last.clear();
      freeUnused();
    },
  };
}
