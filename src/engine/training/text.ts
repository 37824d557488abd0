import { TrainingTextError } from "../../errors";
import { heldOutCount, usualLength } from "../../lens/textSequences";
import { nextTask } from "../../math/nextTask";
import { createSha256 } from "../../math/sha256Blob";
import { utf8Length } from "../../math/utf8Length";
import type { Model } from "../../model/model";
import { textBegin } from "../../model/textBegin";
import type { Reader } from "../reader";
import type { TextOptions, TextProgress, TextSource, TextSummary } from "../trainingProtocol";
import { createChunks, splitSequences } from "./chunks";
import { readDocuments } from "./documents";
import type { PreparedText } from "./preparedText";
import { sampleSequences } from "./sample";
import { tokenise } from "./tokenise";

/** One token's share of a text that is that token over and over: "the the the" begins with another one. */
const nearlyAll = 0.99;

/** Between two looks at what waits. */
const breathMs = 30;

const number = new Intl.NumberFormat("en");

/** A text in sequences, not yet parted. */
type Sequenced = Pick<PreparedText, "documents"> & {
  readonly name: string;
  readonly sequences: readonly Int32Array[];
  readonly tokens: number;
};

/**
 * A text as it is trained on and evaluated with: read or sampled, tokenised, cut into sequences, parted.
 *
 * @param reader samples, where that is wanted
 * @param onProgress called often
 * @throws TrainingTextError with a sentence: too short, too long, binary, all one token
 * @throws PromptError where a text is no list of token ids and the model has no tokenizer
 * @throws signal.reason if `signal` aborts
 */
export async function prepareText(
  source: TextSource,
  options: TextOptions,
  model: Model,
  reader: Pick<Reader, "openLockstep">,
  onProgress: (progress: TextProgress) => void,
  signal: AbortSignal,
): Promise<PreparedText> {
  const length = sequenceLength(options, model.config.contextLength);
  const begin = textBegin(model.tokenizer);
  const text =
    source.kind === "sample"
      ? await sampled(source, length, model, reader, begin, onProgress, signal)
      : await tokenised(source, length, model, begin, onProgress, signal);
  checkTokens(text, length, begin, Math.max(model.tokenizer.vocab, model.config.vocab));

  const heldOut = heldOutCount(text.sequences.length, length, options.heldOut);
  const parts = splitSequences(text.sequences, heldOut);
  if (parts.train.length === 0) {
    throw new TrainingTextError(
      "This text repeats itself: nothing of it is left to train on once a part is held out. Take another text.",
    );
  }
  const { documents } = text;
  const summary: TextSummary = {
    name: text.name,
    kind: source.kind,
    sampling:
      source.kind === "sample" ? { temperature: source.temperature, seed: source.seed } : null,
    characters: documents.reduce((sum, document) => sum + document.length, 0),
    bytes: documents.reduce((sum, document) => sum + utf8Length(document), 0),
    documents: documents.length,
    tokens: text.tokens,
    sequences: parts.train.length + parts.heldOut.length,
    sequenceLength: length,
    trainPositions: parts.train.length * length,
    heldOutPositions: parts.heldOut.length * length,
    heldOutBytes: bytesOf(parts.heldOut, model, begin),
    idsSha256: await hashOf(littleEndian([...parts.train, ...parts.heldOut]), signal),
    sha256: await hashOf(utf8Of(documents), signal),
  };
  return { summary, ...parts, documents };
}

function sequenceLength({ sequenceLength }: TextOptions, contextLength: number): number {
  const length = sequenceLength ?? Math.min(usualLength, contextLength);
  if (Number.isInteger(length) && length >= 2 && length <= contextLength) return length;
  throw new TrainingTextError(
    `Sequences of ${number.format(length)} tokens are not possible: choose 2 to ${number.format(contextLength)}.`,
  );
}

async function tokenised(
  source: Exclude<TextSource, { kind: "sample" }>,
  length: number,
  { tokenizer }: Model,
  begin: number | null,
  onProgress: (progress: TextProgress) => void,
  signal: AbortSignal,
): Promise<Sequenced> {
  const read = await readDocuments(source, signal);
  const all = read.documents.reduce((sum, document) => sum + utf8Length(document), 0);
  const chunks = createChunks(length, begin);
  let tokens = 0;
  let done = 0;
  let breathedAt = performance.now();
  for (const document of read.documents) {
    for (const { text, ids } of tokenise(document, tokenizer)) {
      chunks.add(ids);
      tokens += ids.length;
      done += utf8Length(text);
      if (performance.now() - breathedAt < breathMs) continue;
      onProgress({ done, all, unit: "bytes" });
      await nextTask();
      signal.throwIfAborted();
      breathedAt = performance.now();
    }
    chunks.endDocument();
  }
  return { ...read, sequences: chunks.sequences, tokens };
}

async function sampled(
  source: Extract<TextSource, { kind: "sample" }>,
  length: number,
  { tokenizer, config }: Model,
  reader: Pick<Reader, "openLockstep">,
  begin: number | null,
  onProgress: (progress: TextProgress) => void,
  signal: AbortSignal,
): Promise<Sequenced> {
  if (begin === null) {
    throw new TrainingTextError(
      "This model has no token that begins a text, so it cannot write one by itself. Paste a text, or choose a file.",
    );
  }
  const { positions, temperature, seed } = source;
  const count = Math.ceil(positions / length);
  const wanted = {
    count,
    length,
    begin,
    temperature,
    seed,
    vocab: Math.min(tokenizer.vocab, config.vocab),
  };
  const sequences = await sampleSequences(reader, config, wanted, onProgress, signal);
  return {
    name: "sampled from the model",
    documents: sequences.map((ids) => tokenizer.decode(ids.subarray(1))),
    sequences,
    tokens: count * (length - 1),
  };
}

/** @throws TrainingTextError if there is too little to train on, or nothing to learn */
function checkTokens(
  { sequences, tokens }: Sequenced,
  length: number,
  begin: number | null,
  vocab: number,
): void {
  const needed = 2 * (begin === null ? length : length - 1);
  if (sequences.length < 2) {
    throw new TrainingTextError(
      `This text has ${number.format(tokens)} tokens, and two sequences of ${number.format(length)} positions need ${number.format(needed)}: one to train on, one to measure with. Add text, or choose shorter sequences.`,
    );
  }
  const counts = new Uint32Array(vocab);
  for (const sequence of sequences) for (const id of sequence) ++counts[id];
  if (begin !== null) counts[begin] = 0;
  let [most, all] = [0, 0];
  for (const count of counts) {
    most = Math.max(most, count);
    all += count;
  }
  if (most >= nearlyAll * all) {
    throw new TrainingTextError(
      "This text is one token over and over: there is nothing to learn from it. Take another text.",
    );
  }
}

/** UTF-8 bytes of what the sequences say after their first tokens; the token between texts has none. */
function bytesOf(
  sequences: readonly Int32Array[],
  { tokenizer }: Model,
  begin: number | null,
): number {
  const known = new Map<number, number>(begin === null ? [] : [[begin, 0]]);
  let bytes = 0;
  for (const sequence of sequences)
    for (const id of sequence.subarray(1)) {
      const ofToken = known.get(id) ?? tokenBytes(tokenizer.tokenText(id));
      known.set(id, ofToken);
      bytes += ofToken;
    }
  return bytes;
}

/** A byte that is no part of a whole character is one unit of a token's text, U+DC80 to U+DCFF. */
function tokenBytes(text: string): number {
  const stray = text.match(/[\uDC80-\uDCFF]/gu)?.length ?? 0;
  return utf8Length(text) - 2 * stray; // half a character is counted as three bytes
}

async function hashOf(parts: Iterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  const hash = await createSha256();
  let breathedAt = performance.now();
  for (const bytes of parts) {
    hash.update(bytes);
    if (performance.now() - breathedAt < breathMs) continue;
    await nextTask();
    signal.throwIfAborted();
    breathedAt = performance.now();
  }
  return hash.hex();
}

function* littleEndian(sequences: readonly Int32Array[]): Generator<Uint8Array> {
  for (const ids of sequences) {
    const view = new DataView(new ArrayBuffer(4 * ids.length));
    for (const [i, id] of ids.entries()) view.setInt32(4 * i, id, true);
    yield new Uint8Array(view.buffer);
  }
}

/** UTF-16 units that are encoded at a time. */
const encodedLength = 2 ** 20;

/** The documents' bytes, a newline between two. */
function* utf8Of(documents: readonly string[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const [i, document] of documents.entries()) {
    if (i > 0) yield encoder.encode("\n");
    for (let start = 0; start < document.length; ) {
      const last = document.charCodeAt(start + encodedLength - 1);
      const isInPair = last >= 0xd800 && last < 0xdc00;
      const end = start + encodedLength - (isInPair ? 1 : 0);
      yield encoder.encode(document.slice(start, end));
      start = end;
    }
  }
}
