import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";

import type { Model } from "../../model/model";
import { fixture, folder, tiny } from "../../model/modelTesting";
import { openModel } from "../../model/openModel";
import { createTokenizer } from "../../model/tokenizer";
import type { Reader } from "../reader";
import type { TextOptions, TextSource } from "../trainingProtocol";
import { prepareText } from "./text";

/** The tiny model, whose tokenizer has, besides, the token that begins a text: a text of bytes and few merges. */
async function openTiny(): Promise<Model> {
  const model = await openModel(folder(tiny), "tiny");
  const json = JSON.parse(new TextDecoder().decode(fixture(`${tiny}/tokenizer.json`)));
  json.added_tokens.push({ ...json.added_tokens[0], id: begin, content: "<|endoftext|>" });
  return { ...model, tokenizer: createTokenizer(json) };
}
const begin = 261;
const model = await openTiny();
const withoutBegin = await openModel(folder(tiny), "tiny");

const noReader: Pick<Reader, "openLockstep"> = {
  openLockstep() {
    throw new Error("nothing is sampled here");
  },
};
const options: TextOptions = { sequenceLength: 8, heldOut: null };

const prepare = (source: TextSource, wanted = options, of = model) =>
  prepareText(source, wanted, of, noReader, () => {}, new AbortController().signal);
const pasted = (text: string): TextSource => ({ kind: "text", name: "pasted", text });
const files = (...given: readonly (readonly [string, BlobPart])[]): TextSource => ({
  kind: "files",
  files: given.map(([name, part]) => ({ name, blob: new Blob([part]) })),
});
/** No two sequences of it are the same. */
const longText = Array.from({ length: 400 }, (_, i) => `${(i * 7919 + 10_007) ** 2}`).join(" ");

describe("prepareText() of a pasted text", () => {
  test("begins every sequence with the token that begins a text, and drops what is left over", async () => {
    const { train, heldOut, summary } = await prepare(pasted(longText));
    const ids = model.tokenizer.encode(longText);
    expect(summary.tokens).toBe(ids.length);
    expect(summary.sequences).toBe(Math.floor(ids.length / 7));
    const sequences = [...train, ...heldOut];
    expect(sequences.every((sequence) => sequence.length === 8 && sequence[0] === begin)).toBe(
      true,
    );
    expect([...train[0]]).toEqual([begin, ...ids.slice(0, 7)]);
  });

  test("says what it is made of", async () => {
    const text = `${longText} é漢`;
    const { summary, train, heldOut, documents } = await prepare(pasted(text));
    const hash = createHash("sha256");
    for (const sequence of [...train, ...heldOut]) hash.update(new Uint8Array(sequence.buffer));
    expect(documents).toEqual([text]);
    expect(summary).toMatchObject({
      ...{ name: "pasted", kind: "text", sampling: null, documents: 1, sequenceLength: 8 },
      ...{ characters: text.length, bytes: Buffer.byteLength(text) },
      trainPositions: 8 * train.length,
      heldOutPositions: 8 * heldOut.length,
      idsSha256: hash.digest("hex"),
      sha256: createHash("sha256").update(text).digest("hex"),
    });
    const said = heldOut.map((ids) => model.tokenizer.decode(ids.subarray(1))).join("");
    expect(summary.heldOutBytes).toBe(Buffer.byteLength(said));
  });

  test("counts no bytes of a first token, which no position predicts, whatever it is", async () => {
    const { summary, heldOut } = await prepare(pasted(longText), options, withoutBegin);
    expect(heldOut.every(([first]) => first !== begin)).toBe(true);
    const said = heldOut.map((ids) => model.tokenizer.decode(ids.subarray(1))).join("");
    expect(summary.heldOutBytes).toBe(Buffer.byteLength(said));
  });

  test("counts the bytes of held-out sequences whose edges are inside of a character", async () => {
    const { summary, heldOut } = await prepare(pasted("漢字".repeat(200)), {
      sequenceLength: 3,
      heldOut: 30,
    });
    // Every token here is one byte or a few of a character: as many bytes as the pieces have.
    const bytes = heldOut.flatMap((ids) => [...ids.subarray(1)].map((id) => bytesOf(id)));
    expect(summary.heldOutBytes).toBe(bytes.reduce((sum, n) => sum + n, 0));
  });

  test("holds out a tenth of a short text, spread over it, and 1,024 positions of a long one", async () => {
    const short = await prepare(pasted(longText));
    expect(short.heldOut).toHaveLength(Math.floor(short.summary.sequences / 10));
    const text = Array.from({ length: 2000 }, (_, i) => `${(i * 7919 + 10_007) ** 2}`).join(" ");
    const long = await prepare(pasted(text));
    expect(long.summary.heldOutPositions).toBe(1024);
    const asked = await prepare(pasted(longText), { sequenceLength: 8, heldOut: 17 });
    expect(asked.heldOut).toHaveLength(3);
  });

  test("trains on no sequence that is held out, though it occurs there too", async () => {
    const { train, heldOut } = await prepare(pasted("abcdefg".repeat(50) + longText), {
      sequenceLength: 8,
      heldOut: 80,
    });
    const held = new Set(heldOut.map(String));
    expect(train.some((sequence) => held.has(String(sequence)))).toBe(false);
    expect(train.length).toBeGreaterThan(100);
  });

  test("a model without such a token has sequences of the text alone", async () => {
    const { train } = await prepare(pasted(longText), options, withoutBegin);
    expect([...train[0]]).toEqual(withoutBegin.tokenizer.encode(longText).slice(0, 8));
  });

  test("reports bytes, and can be ended between two slices", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const text = longText.repeat(200);
    const done = prepareText(
      pasted(text),
      options,
      model,
      noReader,
      (progress) => {
        expect(progress).toMatchObject({ all: text.length, unit: "bytes" });
        seen.push(progress.done);
        controller.abort(new DOMException("enough", "AbortError"));
      },
      controller.signal,
    );
    await expect(done).rejects.toThrow("enough");
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeLessThan(text.length);
  });
});

describe("prepareText() of files", () => {
  test("a .txt is a document, and each line of a .jsonl; the token that begins a text parts them", async () => {
    const lines = `{"text": "abc"}\r\n\n{"text": "de", "other": 1}\n{"text": ""}\n`;
    const { documents, summary, train, heldOut } = await prepare(
      files(["folder/a.txt", "\ufefffirst"], ["b.jsonl", lines], ["c.txt", longText]),
    );
    expect(documents).toEqual(["first", "abc", "de", longText]);
    expect(summary).toMatchObject({ name: "3 files", documents: 4 });
    const all = [...train, ...heldOut].flatMap((ids) => [...ids]);
    const joined = model.tokenizer.encode("first").concat(begin, model.tokenizer.encode("abc"));
    expect(String(all.slice(1, 8))).toBe(String(joined.slice(0, 7)));
  });

  test.each([
    ["a line without text", '{"text": "a"}\n{"txt": "b"}', "Line 2 of x.jsonl has no text"],
    ["a text that is none", '\n{"text": 3}', "Line 2 of x.jsonl has no text"],
    ["a line that is no JSON", '{"text": "a"}\n{"text": "b"', "Line 2 of x.jsonl is no JSON"],
  ])("refuses %s by its number", async (_, lines, sentence) => {
    await expect(prepare(files(["x.jsonl", lines]))).rejects.toThrow(sentence);
  });

  test.each([
    ["bytes that are no UTF-8", Uint8Array.of(0xff, 0xfe, 0x41, 0)],
    ["NULs", "a\0b"],
    ["many control characters", "\x01\x02\x03 text"],
  ])("refuses a file of %s by its name", async (_, part) => {
    const refused = prepare(files(["dir/weights.txt", part]));
    await expect(refused).rejects.toThrow("weights.txt is not a text in UTF-8");
  });

  test("refuses 500 MB by their size, and reads nothing of them", async () => {
    const blob = new Blob(["a"]);
    Object.defineProperty(blob, "size", { value: 500e6 });
    blob.arrayBuffer = () => Promise.reject(new Error("it was read"));
    const source: TextSource = { kind: "files", files: [{ name: "big.txt", blob }] };
    await expect(prepare(source)).rejects.toThrow("big.txt has 500 MB; a text of up to 64 MB");
  });
});

describe("prepareText() refuses", () => {
  test.each([
    ["an empty text", " \n", "There is no text here"],
    ["a short one, with both numbers", "abc", "3 tokens, and two sequences of 8 positions need 14"],
    ["one token over and over", "a".repeat(100), "one token over and over"],
    ["the same where it begins as another", `b${"a".repeat(400)}`, "one token over and over"],
  ])("%s", async (_, text, sentence) => {
    const done = prepare(pasted(text));
    await expect(done).rejects.toMatchObject({ name: "TrainingTextError" });
    await expect(done).rejects.toThrow(sentence);
  });

  test("no text of which a fiftieth is something else", async () => {
    const { summary } = await prepare(pasted(`${"a".repeat(49)}b`.repeat(20)));
    expect(summary.tokens).toBe(1000);
  });

  test("a text whose every sequence is the same", async () => {
    await expect(prepare(pasted("abcdefg".repeat(50)))).rejects.toThrow("repeats itself");
  });

  test("sequences that the model cannot read", async () => {
    const long = { sequenceLength: 100_000, heldOut: null };
    await expect(prepare(pasted(longText), long)).rejects.toThrow("choose 2 to");
  });

  test("to sample from a model that has no token to begin with", async () => {
    const sample: TextSource = { kind: "sample", positions: 16, temperature: 1, seed: 0 };
    await expect(prepare(sample, options, withoutBegin)).rejects.toThrow("Paste a text");
  });
});

const bytesOf = (id: number) => {
  const text = model.tokenizer.tokenText(id);
  return /^[\uDC80-\uDCFF]+$/.test(text) ? text.length : Buffer.byteLength(text);
};
