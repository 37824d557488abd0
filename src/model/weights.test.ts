import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { FormatError } from "../errors";
import { openGguf } from "../format/gguf";
import { openSafetensors } from "../format/safetensors";
import type { Family } from "./config";
import { configFromGguf } from "./configGguf";
import { weightsFromGguf, weightsFromSafetensors } from "./weights";

// One model of each family in both formats: src/format/fixtures/make.py.
const fixture = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, "../format/fixtures", name)));

const openBoth = async (architecture: string, family: Family) => {
  const safetensors = openSafetensors(fixture(`tiny-${architecture}.safetensors`));
  const gguf = await openGguf(fixture(`tiny-${architecture}.gguf`));
  return {
    names: [...safetensors.tensors.keys()],
    fromSafetensors: weightsFromSafetensors(safetensors, family),
    fromGguf: weightsFromGguf(gguf, configFromGguf(gguf, "tiny")),
  };
};

describe.each([
  ["llama", "llama", /^model\./],
  ["gpt2", "gpt2", /^$/],
  ["gptneox", "gpt_neox", /^gpt_neox\./],
] as const)("%s", (architecture, family, prefix) => {
  test("GGUF and safetensors give the same weights under the same names", async () => {
    const { names, fromSafetensors, fromGguf } = await openBoth(architecture, family);
    const isBuffer = /attn\.bias|attention\.bias|masked_bias|inv_freq/;
    const canonical = names.filter((n) => !isBuffer.test(n)).map((n) => n.replace(prefix, ""));
    expect(canonical.length).toBeGreaterThan(11);
    for (const name of canonical) {
      expect(fromGguf.has(name), name).toBe(true);
      expect(fromGguf.shape(name), name).toEqual(fromSafetensors.shape(name));
      expect(fromGguf.read(name), name).toEqual(fromSafetensors.read(name));
    }
  });

  test("masks and rotary buffers are no weights", async () => {
    const { fromSafetensors } = await openBoth(architecture, family);
    expect(fromSafetensors.has("h.0.attn.bias")).toBe(false);
    expect(fromSafetensors.has("layers.0.attention.bias")).toBe(false);
    expect(fromSafetensors.has("layers.0.attention.rotary_emb.inv_freq")).toBe(false);
  });

  test("a tensor that is not there is a FormatError with its name", async () => {
    const { fromSafetensors, fromGguf } = await openBoth(architecture, family);
    for (const weights of [fromSafetensors, fromGguf]) {
      expect(weights.has("layers.9.norm.weight")).toBe(false);
      expect(() => weights.read("layers.9.norm.weight")).toThrow(FormatError);
      expect(() => weights.shape("layers.9.norm.weight")).toThrow("layers.9.norm.weight");
      expect(() => weights.readRows("constructor", [0])).toThrow("constructor");
    }
  });
});

test("readRows reads rows of the embedding from either format", async () => {
  const { fromSafetensors, fromGguf } = await openBoth("llama", "llama");
  const rows = fromSafetensors.readRows("embed_tokens.weight", [3, 1]);
  expect(fromGguf.readRows("embed_tokens.weight", [3, 1])).toEqual(rows);
  expect(rows.subarray(0, 8)).toEqual(fromGguf.read("embed_tokens.weight").subarray(24, 32));
});

test("weightsFromSafetensors finds gpt2's weights behind their prefix too, but not twice", () => {
  const header = (names: string[]) => {
    const entries = names.map((name, i) => [
      name,
      { dtype: "F32", shape: [1], data_offsets: [4 * i, 4 * i + 4] },
    ]);
    const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
    const bytes = new Uint8Array(8 + text.length + 4 * names.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 8);
    return openSafetensors(bytes);
  };
  const weights = weightsFromSafetensors(
    header(["transformer.wte.weight", "lm_head.weight"]),
    "gpt2",
  );
  expect(weights.read("wte.weight")).toEqual(new Float32Array(1));
  expect(weights.has("lm_head.weight")).toBe(true);
  const twice = header(["transformer.wte.weight", "wte.weight"]);
  expect(() => weightsFromSafetensors(twice, "gpt2")).toThrow("holds both");
});
