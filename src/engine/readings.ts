import { type Accumulated, accumulate, type Part, type ReadingHead } from "../lens/accumulate";
import type { Reading } from "../lens/reading";
import type { Model } from "../model/model";
import type { Lens, OpenLenses } from "./openLenses";
import { promptIds } from "./prompt";
import type { OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt, Reader } from "./reader";
import { topK, wantedRows } from "./request";

/** Between two readings that are shown while more cells arrive: drawing takes from the cores that read. */
const paintMs = 250;
/** Lets the page draw the new columns: every core is about to be taken again. */
const drawMs = 40;
/** So few cells are there sooner than that, and are shown at once: a token that was typed, in every row. */
const cellsAtOnce = 128;

/**
 * Reads prompts with the lenses of a model, and keeps for each lens what it said of the last one, so that
 * only what is new is computed: nothing at all where a lens comes back to a prompt that it has read.
 *
 * What is kept are plain arrays: they outlive a GPU.
 */
export function createReadings(model: Model, lenses: OpenLenses) {
  const { tokenizer, config } = model;
  /** For another k it begins anew. What a closed lens said is forgotten with it. */
  const kept = new WeakMap<Lens, Accumulated>();

  function keptOf(lens: Lens, k: number): Accumulated {
    const before = kept.get(lens);
    const accumulated = before?.k === k ? before : accumulate(k);
    kept.set(lens, accumulated);
    return accumulated;
  }

  /**
   * @param prompt the one that the reader keeps; it follows this one
   * @throws PromptError with a sentence for the page
   * @throws signal.reason if `signal` aborts, between two blocks; what was computed stays
   */
  return async function read(
    request: ReadRequest,
    { backend }: Pick<Reader, "backend">,
    prompt: OpenPrompt,
    onReading: OnReading,
    signal: AbortSignal,
  ): Promise<Reading> {
    const ids = promptIds(model, request.prompt);
    const lens = lenses.find(request.lens);
    const k = topK(request.topK, config.vocab);
    const rows = wantedRows(request.rows, config.nLayers);
    const targets = ids.map((_, i) => ids[i + 1] ?? null);
    const head: ReadingHead = {
      backend,
      model: model.info,
      lens: { kind: lens.info.kind, name: lens.info.name, sha256: lens.info.sha256 },
      prompt: typeof request.prompt === "string" ? request.prompt : null,
      tokens: ids.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      targets,
      rows,
      withoutLens: lens.missing.filter((layer) => rows.includes(layer)),
    };
    const readable = rows.filter((row) => row === "output" || !lens.missing.includes(row));
    const accumulated = keptOf(lens, k);
    accumulated.follow(ids);
    const show = () => {
      const reading = accumulated.reading(head, tokenizer.tokenText);
      onReading(reading);
      return reading;
    };
    let shownAt = Number.NEGATIVE_INFINITY;

    async function readParts(parts: readonly Part[], take: Accumulated["add"]): Promise<void> {
      for (const part of parts) {
        const wanted = {
          ...part,
          translators: lens.translators,
          targets: Int32Array.from(targets, (id) => id ?? -1),
          k,
        };
        for await (const block of prompt.read(wanted, signal)) {
          signal.throwIfAborted();
          take(block);
          if (performance.now() - shownAt < paintMs) continue;
          shownAt = performance.now();
          show();
        }
      }
    }

    const unread = accumulated.unread(readable);
    const outdated = accumulated.outdated(readable);
    if (unread.length + outdated.length > 0) await prompt.follow(ids, signal);
    if (cells(unread) <= cellsAtOnce) shownAt = performance.now();
    await readParts(unread, accumulated.add);
    // What the position before the new ones says of them is the same work once more: it can come later.
    if (unread.length > 0 && outdated.length > 0) {
      show();
      await new Promise((resolve) => setTimeout(resolve, drawMs));
      signal.throwIfAborted();
    }
    await readParts(outdated, accumulated.addNext);
    return show();
  };
}

const cells = (parts: readonly Part[]) =>
  parts.reduce((sum, { from, to, layers }) => sum + (to - from) * (1 + layers.length), 0);
