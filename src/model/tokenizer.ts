import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";

import { FormatError, UnsupportedError } from "../errors";

/** Text to token ids and back. */
export type Tokenizer = {
  /** 1 + the largest id. A model may have more rows than that: padding, which has no text. */
  readonly vocab: number;
  /** Characters in the longest token: a text of `n` tokens has at most `n` times as many. */
  readonly longestToken: number;
  /**
   * Adds no special tokens and recognises those that are written in the text. An unpaired surrogate
   * is read as U+FFFD.
   */
  encode(text: string): number[];
  /** Bytes that are no whole character become U+FFFD. */
  decode(ids: ArrayLike<number>): string;
  /**
   * The token on its own, spaces as spaces; empty where the id has no text. A byte that is no part of
   * a whole character is `U+DC00 + byte`, as in Python's PEP 383, so that it can still be told.
   */
  tokenText(id: number): string;
};

/** White space as Unicode has it: JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const space = "\\p{White_Space}";

/** What `ByteLevel` splits by: OpenAI gpt-2 `src/encoder.py`. */
const gpt2Words = [
  "'s|'t|'re|'ve|'m|'ll|'d",
  " ?\\p{L}+",
  " ?\\p{N}+",
  ` ?[^${space}\\p{L}\\p{N}]+`,
  `${space}+(?!\\P{White_Space})`,
  `${space}+`,
].join("|");

/** Llama 3's `tokenizer.json`. */
const llama3Words = [
  "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]",
  "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+",
  "\\p{N}{1,3}",
  ` ?[^${space}\\p{L}\\p{N}]+[\\r\\n]*`,
  `${space}*[\\r\\n]+`,
  `${space}+(?!\\P{White_Space})`,
  `${space}+`,
].join("|");

type Step = Readonly<Record<string, unknown>>;

const isolate = (regex: string): Step => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
});

const bytesOnly: Step = { type: "ByteLevel", add_prefix_space: false, use_regex: false };

/**
 * From the two files that Hugging Face's tokenizers are kept in, parsed.
 *
 * @throws UnsupportedError if the tokenizer is not one of byte-pair encoding
 * @throws FormatError if the files do not describe a tokenizer
 */
export function createTokenizer(json: unknown, config: unknown = {}): Tokenizer {
  if (!isRecord(json) || !isRecord(json.model) || !isRecord(json.model.vocab)) {
    throw new FormatError("tokenizer.json holds no model with a vocabulary.");
  }
  const kind = json.model.type ?? "BPE";
  if (kind !== "BPE") {
    throw new UnsupportedError(
      `This tokenizer is of type ${typeof kind === "string" ? kind : "unknown"}, which is not read here; BPE is.`,
    );
  }
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const steps = preTokenizerSteps(json.pre_tokenizer);
  const pieces = readPieces(json.model.vocab, added);

  const inner = attempt(
    () =>
      new HuggingFaceTokenizer(
        {
          normalizer: null,
          post_processor: null,
          decoder: null,
          ...json,
          model: { ...(json.model as object), type: "BPE" },
          added_tokens: added,
          pre_tokenizer: steps.length === 0 ? null : { type: "Sequence", pretokenizers: steps },
        },
        isRecord(config) ? config : {},
      ),
  );

  const isByteLevel = steps.some((step) => step.type === "ByteLevel");
  const ownBytes = isByteLevel ? byteLevelBytes : sentencePieceBytes;
  const bytesOf = (id: number): Uint8Array => {
    const piece = pieces[id];
    if (piece === undefined) return new Uint8Array();
    return piece.isAdded ? utf8.encode(piece.text) : ownBytes(piece.text);
  };
  return {
    vocab: pieces.length,
    longestToken: pieces.reduce((longest, piece) => Math.max(longest, piece?.text.length ?? 0), 0),
    encode: (text) =>
      inner.encode(text.replace(/\p{Surrogate}/gu, "\ufffd"), { add_special_tokens: false }).ids,
    decode(ids) {
      const bytes = Array.from(ids, bytesOf);
      const all = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of bytes) {
        all.set(part, at);
        at += part.length;
      }
      return decodeUtf8(all);
    },
    tokenText: (id) => decodeEscaping(bytesOf(id)),
  };
}

/**
 * From a GGUF file's `tokenizer.ggml.*`.
 *
 * @throws UnsupportedError if the tokenizer or its pre-tokenizer is not read here
 * @throws FormatError if tokens or merges are missing
 */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, unknown>): Tokenizer {
  const model = metadata.get("tokenizer.ggml.model");
  if (model !== "gpt2") {
    throw new UnsupportedError(
      `This GGUF file's tokenizer is ${model ?? "missing"}; of those, gpt2 is read here. Open the same model as safetensors with its tokenizer.json.`,
    );
  }
  const pre = metadata.get("tokenizer.ggml.pre") ?? "default";
  const steps = ggufPreTokenizers.get(pre);
  if (!steps) {
    const read = [...ggufPreTokenizers.keys()].join(", ");
    throw new UnsupportedError(
      `This GGUF file splits text by the rule ${pre}, which is not read here; ${read} are. Open the same model as safetensors with its tokenizer.json.`,
    );
  }
  const tokens = stringsAt(metadata, "tokenizer.ggml.tokens");
  const merges = stringsAt(metadata, "tokenizer.ggml.merges");
  const types = metadata.get("tokenizer.ggml.token_type");

  const vocab: Record<string, number> = Object.create(null);
  tokens.forEach((token, id) => {
    vocab[token] = id;
  });
  const [control, userDefined] = [3, 4]; // llama.cpp `include/llama.h`, llama_token_type
  const added = tokens
    .map((content, id) => ({ id, content, type: Array.isArray(types) ? types[id] : undefined }))
    .filter(({ type }) => type === control || type === userDefined)
    .map(({ id, content, type }) => ({ id, content, special: type === control }));
  return createTokenizer({
    model: {
      type: "BPE",
      vocab,
      // A merge is two pieces with a space between; a piece of this alphabet has none itself.
      merges: merges.map((merge) => merge.split(" ")),
      // tokenizer.json of Llama 3 takes a word that is a token whole, whether or not merges lead to it.
      ignore_merges: pre === "llama-bpe",
    },
    added_tokens: added,
    pre_tokenizer: { type: "Sequence", pretokenizers: steps },
  });
}

/** By llama.cpp's names (`src/llama-vocab.cpp`, `load`). */
const ggufPreTokenizers: ReadonlyMap<unknown, readonly Step[]> = new Map([
  // Every \p{N} on its own: the `Digits` of its tokenizer.json, which in Rust are not ASCII only.
  ["smollm", [isolate("\\p{N}"), isolate(gpt2Words), bytesOnly]],
  ["gpt-2", [isolate(gpt2Words), bytesOnly]],
  ["llama-bpe", [isolate(llama3Words), bytesOnly]],
]);

/**
 * The steps in order, nested sequences unrolled. `Digits` and the words of `ByteLevel` are put in
 * terms of Unicode's numbers and white space, as Rust has them; the library's are JavaScript's.
 */
function preTokenizerSteps(root: unknown): Step[] {
  const steps: Step[] = [];
  const pending = [root];
  while (pending.length > 0) {
    const step = pending.pop();
    if (!isRecord(step)) continue;
    if (step.type === "Sequence" && Array.isArray(step.pretokenizers)) {
      for (const inner of step.pretokenizers.toReversed()) pending.push(inner);
    } else if (step.type === "Digits") {
      steps.push(isolate(step.individual_digits ? "\\p{N}" : "\\p{N}+"));
    } else if (step.type === "ByteLevel" && step.use_regex !== false && !step.add_prefix_space) {
      steps.push(isolate(gpt2Words), bytesOnly);
    } else {
      steps.push(step);
    }
  }
  return steps;
}

type Piece = { readonly text: string; readonly isAdded: boolean };

/** More ids than any model has; past that, an array of them is not worth its memory. */
const maxVocab = 2 ** 22;

const isId = (id: unknown): id is number =>
  Number.isInteger(id) && (id as number) >= 0 && (id as number) < maxVocab;

/** Each id's token, as the vocabulary writes it. */
function readPieces(vocab: Record<string, unknown>, added: readonly unknown[]) {
  const pieces: (Piece | undefined)[] = [];
  const put = (text: unknown, id: unknown, isAdded: boolean) => {
    if (typeof text !== "string" || !isId(id)) {
      throw new FormatError("tokenizer.json has a token whose text or id makes no sense.");
    }
    pieces[id] = { text, isAdded };
  };
  for (const text of Object.keys(vocab)) put(text, vocab[text], false);
  for (const token of added) {
    if (isRecord(token)) put(token.content, token.id, true);
  }
  return pieces;
}

const utf8 = new TextEncoder();

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decodeUtf8 = (bytes: Uint8Array) => decoder.decode(bytes);

const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Decodes what is UTF-8, and keeps each other byte as `U+DC00 + byte`. */
function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += strictDecoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      ++at;
    }
  }
  return text;
}

/**
 * The alphabet of byte-level vocabularies: a printable byte stands for itself, the others are the
 * characters from U+0100 on, in order (OpenAI gpt-2 `src/encoder.py`, `bytes_to_unicode`).
 */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [
      String.fromCharCode(isPrintable(byte) ? byte : next++),
      byte,
    ]),
  );
})();

function byteLevelBytes(piece: string): Uint8Array {
  const bytes = Array.from(piece, (character) => byteOfCharacter.get(character));
  const isWhole = bytes.every((byte) => byte !== undefined);
  return isWhole ? Uint8Array.from(bytes as number[]) : utf8.encode(piece);
}

/** SentencePiece: ▁ is a space, `<0xE2>` a byte. */
function sentencePieceBytes(piece: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);
  return byte
    ? Uint8Array.of(Number.parseInt(byte[1], 16))
    : utf8.encode(piece.replaceAll("▁", " "));
}

function stringsAt(metadata: ReadonlyMap<string, unknown>, key: string): string[] {
  const values = metadata.get(key);
  if (!Array.isArray(values) || !values.every((value) => typeof value === "string")) {
    throw new FormatError(`The GGUF file has no strings under ${key}.`);
  }
  return values;
}

/** The library's errors are about the file. */
function attempt<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new FormatError(
      `tokenizer.json cannot be read: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
