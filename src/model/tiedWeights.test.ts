import { expect, test } from "vitest";

import { configFromJson } from "./configJson";
import { resolveTied } from "./tiedWeights";
import type { Weights } from "./weights";

const vocab = 10_001;
const config = configFromJson(
  {
    ...{ model_type: "llama", hidden_size: 64, intermediate_size: 1, vocab_size: vocab },
    ...{ num_attention_heads: 1, num_hidden_layers: 1, tie_word_embeddings: true },
  },
  "tied",
);

/** An embedding of 640,064 numbers, and an unembedding that is another one in one row. */
function weightsOtherIn(row: number): Weights {
  const refuse = () => {
    throw new Error("a matrix is read whole");
  };
  return {
    has: (name) => name === "embed_tokens.weight" || name === "lm_head.weight",
    dtype: () => "F32",
    shape: () => [vocab, 64],
    read: refuse,
    readRows: (name, rows) =>
      Float32Array.from({ length: 64 * rows.length }, (_, i) => {
        const at = rows[Math.floor(i / 64)];
        return at + (name === "lm_head.weight" && at === row ? 0.5 : 0);
      }),
  };
}

test("resolveTied compares every row of a vocabulary, a part of it at a time", () => {
  expect(resolveTied(config, weightsOtherIn(-1)).config.tied).toBe(true);
  for (const row of [0, 4095, 4096, 8191, 8192, vocab - 1]) {
    expect(resolveTied(config, weightsOtherIn(row)).config.tied, String(row)).toBe(false);
  }
});

test("resolveTied leaves alone what is untied, or has no unembedding of its own", () => {
  const untied = { ...config, tied: false };
  const weights = weightsOtherIn(0);
  expect(resolveTied(untied, weights)).toEqual({ config: untied, weights, notice: null });
  const alone: Weights = { ...weights, has: (name) => name === "embed_tokens.weight" };
  expect(resolveTied(config, alone)).toEqual({ config, weights: alone, notice: null });
});
