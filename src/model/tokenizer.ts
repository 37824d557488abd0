import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";

import { FormatError, UnsupportedError } from "../errors";
import { isRecord } from "../format/isRecord";
import { printable } from "../math/printable";
import { byteLevelBytes, decodeEscaping, decodeUtf8, sentencePieceBytes, utf8 } from "./pieceBytes";
import { type Step, tokenizerSteps } from "./tokenizerSteps";

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

const isolate = (regex: string): Step => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
});

/** Characters; every word gets one. */
const maxSuffix = 64;

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
      `This tokenizer is of type ${nameIn(kind)}, which is not read here; BPE is.`,
    );
  }
  const { end_of_word_suffix: end, continuing_subword_suffix: inside } = json.model;
  if ([end, inside].some((suffix) => typeof suffix === "string" && suffix.length > maxSuffix)) {
    throw new FormatError("tokenizer.json has a longer suffix of words than any has.");
  }
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const steps = preTokenizerSteps(json.pre_tokenizer);
  const normalizers = tokenizerSteps(json.normalizer);
  const pieces = readPieces(json.model.vocab, added);

  const inner = attempt(
    () =>
      new HuggingFaceTokenizer(
        {
          ...json,
          normalizer: normalizers.length === 0 ? null : { type: "Sequence", normalizers },
          post_processor: null,
          decoder: null,
          model: { ...(json.model as object), type: "BPE" },
          added_tokens: added,
          pre_tokenizer: steps.length === 0 ? null : { type: "Sequence", pretokenizers: steps },
        },
        isRecord(config) ? config : {},
      ),
  );

  // What is wrong with a tokenizer may show only once it splits text: the first is split here.
  const encode = (text: string) => {
    const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
    const { ids } = attempt(() => inner.encode(whole, { add_special_tokens: false }));
    if (ids.every(isId)) return ids;
    throw new FormatError("tokenizer.json has no id for the tokens that it makes of this text.");
  };
  encode("Once upon a time, 1 or\n2 漢");

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
    encode,
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
      `This GGUF file's tokenizer is ${model === undefined ? "missing" : nameIn(model)}; of those, gpt2 is read here.`,
    );
  }
  const pre = metadata.get("tokenizer.ggml.pre") ?? "default";
  const steps = ggufPreTokenizers.get(pre);
  if (!steps) {
    const read = [...ggufPreTokenizers.keys()].join(", ");
    throw new UnsupportedError(
      `This GGUF file splits text by the rule ${nameIn(pre)}, which is not read here; ${read} are.`,
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
 * `Digits` and the words of `ByteLevel` are put in terms of Unicode's numbers and white space, as Rust
 * has them; the library's are JavaScript's.
 */
function preTokenizerSteps(root: unknown): Step[] {
  return tokenizerSteps(root).flatMap((step) => {
    if (step.type === "Digits") return [isolate(step.individual_digits ? "\\p{N}" : "\\p{N}+")];
    if (step.type === "ByteLevel" && step.use_regex !== false && !step.add_prefix_space) {
      return [isolate(gpt2Words), bytesOnly];
    }
    return [step];
  });
}

type Piece = { readonly text: string; readonly isAdded: boolean };

/** More ids than any model has; past that, an array of them is not worth its memory. */
const maxVocab = 2 ** 22;

/** The library makes an object of each character of an added token; the most of a real one are half as many. */
const maxAddedCharacters = 2 ** 20;

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
  let addedCharacters = 0;
  for (const token of added) {
    const { content, id } = isRecord(token) ? token : {};
    put(content, id, true);
    addedCharacters += String(content).length;
  }
  if (addedCharacters > maxAddedCharacters) {
    throw new FormatError("tokenizer.json has more text in its added tokens than any has.");
  }
  return pieces;
}

function stringsAt(metadata: ReadonlyMap<string, unknown>, key: string): string[] {
  const values = metadata.get(key);
  if (!Array.isArray(values) || !values.every((value) => typeof value === "string")) {
    throw new FormatError(`The GGUF file has no strings under ${key}.`);
  }
  return values;
}

/** What a file calls something, as a sentence may quote it. */
const nameIn = (value: unknown) => (typeof value === "string" ? printable(value) : "unknown");

/** The library's errors are about the file; where it expected something else to be there, they say nothing. */
function attempt<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    const isWorded =
      error instanceof Error &&
      !(error instanceof TypeError) &&
      !/undefined|\[object/.test(error.message);
    const reason = isWorded
      ? printable(error.message)
      : "a part of it is missing, or of another kind";
    throw new FormatError(`tokenizer.json cannot be read: ${reason}.`);
  }
}
