import { expect, test } from "vitest";

import { findModelFiles, shardsOf } from "./findModelFiles";
import { json } from "./modelTesting";

const gguf = new Blob(["GGUF\u0003"]);
const other = new Blob(["other"]);
const config = json({ model_type: "llama" });
const find = (files: Readonly<Record<string, Blob>>) =>
  findModelFiles(new Map(Object.entries(files)));

test("findModelFiles knows a GGUF file by its first bytes, whatever it is called", async () => {
  expect(await find({ "a.gguf": gguf })).toEqual({ format: "gguf", files: ["a.gguf"] });
  expect(await find({ "a.download": gguf, README: other })).toEqual({
    format: "gguf",
    files: ["a.download"],
  });
  expect(await find({ "a.gguf": other })).toBe(null);
});

test("findModelFiles takes of a Hugging Face folder what transformers takes", async () => {
  const index = "model.safetensors.index.json";
  const shards = {
    "model-00001-of-00002.safetensors": other,
    "model-00002-of-00002.safetensors": other,
  };
  const files = { "config.json": config, "pytorch_model.bin": other, ...shards };
  expect(await find({ ...files, [index]: other, "model.safetensors": other })).toEqual({
    format: "safetensors",
    files: ["model.safetensors"],
  });
  expect(await find({ ...files, [index]: other })).toEqual({ format: "index", files: [index] });
  expect(await find(files)).toEqual({ format: "safetensors", files: Object.keys(shards) });
});

test("findModelFiles takes safetensors before a GGUF file before PyTorch's", async () => {
  const files = { "config.json": config, "pytorch_model.bin": other };
  expect(await find(files)).toEqual({ format: "torch", files: ["pytorch_model.bin"] });
  const withGguf = { ...files, "a.gguf": gguf };
  expect((await find(withGguf))?.format).toBe("gguf");
  expect((await find({ ...withGguf, "a.safetensors": other }))?.format).toBe("safetensors");
});

test("findModelFiles finds no model in a lens, nor in a config or weights alone", async () => {
  const lens = json({ base_model_name_or_path: "gpt2", d_model: 768, num_hidden_layers: 12 });
  expect(await find({ "config.json": lens, "params.pt": other })).toBe(null);
  expect(await find({ "config.json": lens, "params.safetensors": other })).toBe(null);
  expect(await find({ "config.json": config })).toBe(null);
  expect(await find({ "model.safetensors": other })).toBe(null);
  for (const broken of [other, json(null), json([]), json("model_type"), json(7)]) {
    expect(await find({ "config.json": broken, "model.safetensors": other })).toBe(null);
  }
  expect(await find({})).toBe(null);
});

test("findModelFiles leaves a lens beside a model's config to itself", async () => {
  for (const lens of ["params.pt", "PARAMS.PT", "mine.pt", "lens.bin", "params.safetensors"]) {
    expect(await find({ "config.json": config, [lens]: other })).toBe(null);
  }
  for (const name of ["pytorch_model-00001-of-00002.bin", "MODEL.BIN", "consolidated.00.pth"]) {
    expect(await find({ "config.json": config, "params.pt": other, [name]: other })).toEqual({
      format: "torch",
      files: [name],
    });
  }
});

test("findModelFiles takes a config that says only its architectures, and names in any case", async () => {
  const architectures = json({ architectures: ["LlamaForCausalLM"] });
  const files = { "config.json": architectures, "A.SAFETENSORS": other };
  expect((await find(files))?.files).toEqual(["A.SAFETENSORS"]);
  const index = "A.SAFETENSORS.INDEX.JSON";
  expect(await find({ ...files, [index]: other })).toEqual({ format: "index", files: [index] });
});

test("shardsOf names the files of an index once, and none of a damaged one", async () => {
  const map = { a: "1.safetensors", b: "2.safetensors", c: "1.safetensors", d: 7 };
  expect(await shardsOf(json({ weight_map: map }))).toEqual(["1.safetensors", "2.safetensors"]);
  for (const broken of [other, json(null), json([]), json({ weight_map: null })]) {
    expect(await shardsOf(broken)).toEqual([]);
  }
});

test("findModelFiles passes over a file that cannot be read", async () => {
  const gone = new Blob(["GGUF"]);
  gone.slice = () => {
    throw new DOMException("gone", "NotReadableError");
  };
  expect(await find({ "gone.gguf": gone, "config.json": gone })).toBe(null);
});
