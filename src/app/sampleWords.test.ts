import { expect, test } from "vitest";

import { prepareText } from "../engine/training/text";
import { defaultSample } from "../lens/trainingDefaults";
import type { Model } from "../model/model";
import { cancelTextName, sampleSentence } from "./sampleWords";
import { textSentence } from "./trainWords";

const nothingSet = { sequenceLength: null, heldOut: null };

test("sampleSentence says what the default sample will be, with a model and before there is one", () => {
  const sentence =
    "18,432 positions to train on, 1,152 held out. 19,482 tokens, 102 sequences of 192; 5.9 % held out. The model writes them by itself.";
  expect(sampleSentence(defaultSample, nothingSet, null)).toBe(sentence);
  expect(sampleSentence(defaultSample, nothingSet, 2048)).toBe(sentence);
});

/** As much of a model as sampling asks for; each of its tokens is a letter, all are as likely. */
const model = {
  tokenizer: {
    vocab: 26,
    encode: (text: string) => (text === "<|endoftext|>" ? [0] : []),
    tokenText: (id: number) => (id === 0 ? "<|endoftext|>" : String.fromCharCode(97 + id)),
    decode: (ids: Int32Array) => String.fromCharCode(...ids.map((id) => 97 + id)),
  },
  config: { contextLength: 32, vocab: 26, nLayers: 1, nKvHeads: 1, headDim: 1 },
} as unknown as Model;
const reader = {
  openLockstep: (lanes: number) => ({
    next: async () => new Float32Array(26 * lanes).fill(1),
    dispose() {},
  }),
};

test.each([
  { positions: 1000, sequenceLength: null, heldOut: null },
  { positions: 11_000, sequenceLength: 10, heldOut: null },
  { positions: 1001, sequenceLength: 10, heldOut: null },
  { positions: 1001, sequenceLength: 10, heldOut: 95 },
  { positions: 25, sequenceLength: 24, heldOut: 500 },
])("sampleSentence says what textSentence does once it is sampled: %o", async (form) => {
  const { positions, ...options } = form;
  const source = { kind: "sample", positions, temperature: 1, seed: 3 } as const;
  const { signal } = new AbortController();
  const { summary } = await prepareText(source, options, model, reader, () => {}, signal);
  const [, after] = textSentence(summary).split(/^.*? characters\. /);
  expect(sampleSentence(form, options, 32)).toBe(`${after} The model writes them by itself.`);
});

test("sampleSentence says what to change where a sample cannot be", () => {
  const short = sampleSentence({ positions: 192 }, nothingSet, null);
  expect(short).toContain("Choose more positions, or shorter sequences.");
  const long = sampleSentence(defaultSample, { sequenceLength: 300, heldOut: null }, 128);
  expect(long).toBe("Sequences of 300 positions are longer than the model reads: choose 2 to 128.");
});

test("cancelTextName is not the name of the button that cancels a training", () => {
  expect(cancelTextName(true)).toBe("Cancel sampling");
  expect(cancelTextName(false)).toBe("Cancel reading the text");
});
