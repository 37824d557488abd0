/**
 * Cuts a stream of token ids into sequences of one length. What is left over at the end is dropped.
 *
 * Each sequence begins with the token that begins a text, as a prompt does that the model was trained
 * on; the same token stands between two documents.
 *
 * @param length positions a sequence, that token included
 * @param begin null for a model that has none: documents follow each other, then
 */
export function createChunks(length: number, begin: number | null) {
  const sequences: Int32Array[] = [];
  let open: Int32Array | null = null;
  let filled = 0;

  function put(id: number): void {
    if (!open) {
      open = new Int32Array(length);
      filled = 0;
      if (begin !== null) open[filled++] = begin;
      if (id === begin) return; // it is there
    }
    open[filled++] = id;
    if (filled < length) return;
    sequences.push(open);
    open = null;
  }

  return {
    sequences: sequences as readonly Int32Array[],
    add(ids: readonly number[]): void {
      for (const id of ids) put(id);
    },
    endDocument(): void {
      if (begin !== null) put(begin);
    },
  };
}

/** Sequences to train on, and others that are never trained on. */
export type Split = { readonly train: Int32Array[]; readonly heldOut: Int32Array[] };

/**
 * Holds whole sequences out, spread evenly over the text. A sequence that is held out is not trained on
 * where it occurs again: what is measured is of text that the training did not see.
 *
 * @param heldOut how many, at least 1 and less than there are
 */
export function splitSequences(sequences: readonly Int32Array[], heldOut: number): Split {
  const chosen = new Set(
    Array.from({ length: heldOut }, (_, i) => Math.floor(((i + 0.5) * sequences.length) / heldOut)),
  );
  const held = sequences.filter((_, i) => chosen.has(i));
  const known = new Map<number, Int32Array[]>();
  for (const sequence of held) {
    const hash = hashOf(sequence);
    known.set(hash, [...(known.get(hash) ?? []), sequence]);
  }
  const isHeld = (sequence: Int32Array) =>
    known.get(hashOf(sequence))?.some((one) => one.every((id, i) => id === sequence[i])) ?? false;
  return {
    train: sequences.filter((sequence, i) => !chosen.has(i) && !isHeld(sequence)),
    heldOut: held,
  };
}

/** FNV-1a over whole ids: different for nearly all that differ. */
const hashOf = (sequence: Int32Array) =>
  sequence.reduce((hash, id) => Math.imul(hash ^ id, 0x01000193), 0x811c9dc5);
