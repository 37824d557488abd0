import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { parseLensConfig } from "./lensConfig";
import { configOf } from "./lensTesting";
import { unembedHash, unembedWarning } from "./unembedHash";

const fixtures = join(import.meta.dirname, "../engine/fixtures");

test.each([
  ["tiny-llama", "model.embed_tokens.weight"],
  ["tiny-gpt2", "transformer.wte.weight"],
  ["tiny-gpt_neox", "embed_out.weight"],
])("unembedHash() of %s is what the library wrote into its lens's config", async (name, tensor) => {
  const bytes = await readFile(join(fixtures, name, "model.safetensors"));
  const config = await readFile(join(fixtures, name, "lens/config.json"), "utf8");
  const file = openSafetensors(new Uint8Array(bytes));
  const [vocab, dModel] = file.tensors.get(tensor)!.shape;
  const hash = await unembedHash(file.read(tensor), vocab, dModel);
  expect(hash).toBe(parseLensConfig(config).unembedHash);
  expect(unembedWarning(parseLensConfig(config), hash)).toBeNull();
});

test("unembedWarning() names both hashes, in short", () => {
  const config = configOf({ unembed_hash: "AB12".repeat(16) });
  expect(unembedWarning(config, "cd34".repeat(16))).toMatch(
    /\(ab12ab12, this model's is cd34cd34\)/,
  );
  expect(unembedWarning(config, "ab12".repeat(16))).toBeNull();
  expect(unembedWarning(configOf({}), "cd34".repeat(16))).toBeNull();
});
