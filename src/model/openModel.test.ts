import { describe, expect, test } from "vitest";

import { LensError, PromptError, UnsupportedError } from "../errors";
import { openSafetensors } from "../format/safetensors";
import { safetensorsBlob } from "../format/safetensorsWriter";
import { random } from "../math/random";
import type { ModelFiles } from "./findModelFiles";
import tokens from "./fixtures/tiny-tokens.json";
import {
  file,
  filled,
  fixture,
  folder,
  json,
  tiny,
  tinyGguf,
  tinyGpt2,
  tinyGptNeoX,
  tinyLlama,
  withConfig,
  withTensors,
} from "./modelTesting";
import { openModel } from "./openModel";
import { weightsFromSafetensors } from "./weights";

const open = (files: ModelFiles) => openModel(files, "a folder");
const bytesOf = ({ buffer }: Float32Array<ArrayBuffer>) => Buffer.from(buffer);
const bare = (path: string) => folder(path, "config.json", "model.safetensors");

describe("a Hugging Face folder", () => {
  // The sums are sha256sum's.
  test.each([
    [
      tinyLlama,
      { family: "llama", nLayers: 3, dModel: 64, vocab: 199 },
      "41555152d95544c7ce14ab47d296c15d2b49b5f18b8c635cd570cbd5bd645d11",
    ],
    [
      tinyGpt2,
      { family: "gpt2", nLayers: 3, dModel: 64, vocab: 211 },
      "48953afdc70b69d30fb00c6f90d2dd21e32ac2f1fd512ca7ecb33ba0b26c89ee",
    ],
    [
      tinyGptNeoX,
      { family: "gpt_neox", nLayers: 3, dModel: 128, vocab: 193 },
      "33bf77cef4fd7835116d870535712dd95241fa41ea7ae7860d297c9659ea9c7a",
    ],
  ] as const)("%s opens with its config, weights and sha256", async (path, sizes, sha256) => {
    const { info, config, weights } = await open(bare(path));
    expect(info).toEqual({ ...sizes, name: "a folder", sha256 });
    expect(config).toMatchObject({ ...sizes, contextLength: 128 });
    const held = openSafetensors(fixture(`${path}/model.safetensors`));
    const expected = weightsFromSafetensors(held, info.family as typeof config.family);
    for (const stored of held.tensors.keys()) {
      const name = stored.replace(/^(model|transformer|gpt_neox)\./, "");
      expect(weights.has(name), name).toBe(true);
      expect(bytesOf(weights.read(name)).equals(bytesOf(expected.read(name))), name).toBe(true);
    }
  });

  test("in shards opens as the GGUF file of the same model does, with the sum of its shards", async () => {
    const sharded = await open(folder(tiny));
    const gguf = await open(file(tinyGguf));
    expect(sharded.info).toEqual({
      name: "a folder",
      family: "llama",
      nLayers: 2,
      dModel: 8,
      vocab: 264,
      // cat model-0000?-of-00002.safetensors | sha256sum
      sha256: "6fbfc170e341f65cf6c269d5283ff3710c8dc2d244c86f7ccfb605d0b899cf34",
    });
    const { name: _, ...config } = sharded.config;
    expect(gguf.config).toMatchObject({ ...config, normEps: expect.closeTo(1e-6, 9) });
    const names = JSON.parse(await folder(tiny).get("model.safetensors.index.json")!.text());
    for (const stored of Object.keys(names.weight_map)) {
      const name = stored.replace(/^model\./, "");
      expect(gguf.weights.read(name), name).toEqual(sharded.weights.read(name));
    }
  });

  test("is called as its folder is, and by its config where that says nothing", async () => {
    const files = await withConfig(bare(tinyLlama), { _name_or_path: "EleutherAI/pythia-70m" });
    expect((await openModel(files, "a/my-finetune")).info.name).toBe("my-finetune");
    expect((await openModel(files, "model")).info.name).toBe("EleutherAI/pythia-70m");
    expect((await openModel(bare(tinyLlama), "")).info.name).toBe("llama, 3 layers of 64");
  });

  test("opens with one file of weights under another name", async () => {
    const { "config.json": config, "model.safetensors": weights } = Object.fromEntries(
      bare(tinyLlama),
    );
    const files = new Map([
      ["config.json", config],
      ["llama.safetensors", weights],
    ]);
    expect((await open(files)).info.nLayers).toBe(3);
  });
});

describe("the tokenizer", () => {
  const idsOf = async (files: ModelFiles) => {
    const { tokenizer, hasTokenizer, notice } = await open(files);
    expect(hasTokenizer).toBe(true);
    expect(notice).toBe(null);
    return tokens.map(({ text }) => tokenizer.encode(text));
  };
  const expected = tokens.map(({ ids }) => ids);

  test("of a folder is its tokenizer.json's, with rows past it that have no text", async () => {
    expect(await idsOf(folder(tiny))).toEqual(expected);
    const { tokenizer, info } = await open(folder(tiny));
    expect([tokenizer.vocab, info.vocab]).toEqual([261, 264]);
    expect(tokenizer.tokenText(263)).toBe("");
  });

  test("of a GGUF file is its own", async () => {
    expect(await idsOf(file(tinyGguf))).toEqual(expected);
  });

  /** The tiny GGUF file with a tokenizer of a kind that is not read. */
  const otherGguf = () => {
    const bytes = Buffer.from(fixture(tinyGguf));
    bytes.write("bert", bytes.indexOf("gpt2"));
    return new Map([["tiny.gguf", new Blob([bytes])]]);
  };

  test("of more tokens than the model has is said, and a text with one of those is refused", async () => {
    const files = bare(tinyLlama).set("tokenizer.json", folder(tiny).get("tokenizer.json")!);
    const { tokenizer, hasTokenizer, notice } = await open(files);
    expect([hasTokenizer, tokenizer.vocab]).toEqual([true, 199]);
    expect(notice).toBe(
      "The tokenizer has 261 tokens and the model 199: it may be another model's. If its texts make no sense, open the model with its own tokenizer.json.",
    );
    const own = (await open(folder(tiny))).tokenizer;
    const text = tokens
      .map(({ text }) => text)
      .find((text) => own.encode(text).some((id) => id > 198));
    expect(() => tokenizer.encode(text!)).toThrow(PromptError);
    expect(() => tokenizer.encode(text!)).toThrow("and the model's ids end at 198.");
    const low = own.encode("a");
    expect(low.every((id) => id < 199)).toBe(true);
    expect(tokenizer.encode("a")).toEqual(low);
  });

  test("beside a GGUF file wins", async () => {
    const files = otherGguf().set("tokenizer.json", folder(tiny).get("tokenizer.json")!);
    expect(await idsOf(files)).toEqual(expected);
  });

  test("of a kind that is not read is said, and prompts are ids", async () => {
    const { tokenizer, hasTokenizer, notice, info } = await open(otherGguf());
    expect(info.name).toBe("Tiny Llama of Midthought");
    expect(hasTokenizer).toBe(false);
    expect(notice).toBe(
      "This GGUF file's tokenizer is bert; of those, gpt2 is read here. Prompts are token ids, then; to type text, open the model together with its tokenizer.json.",
    );
    expect(tokenizer.encode("12 263")).toEqual([12, 263]);
    expect(() => tokenizer.encode("264")).toThrow("ids go from 0 to 263");
  });

  test.each([
    ["missing", null, "There is no tokenizer.json among the model's files."],
    ["no JSON", new Blob(["{"]), "tokenizer.json is not JSON"],
    ["of words", json({ model: { type: "WordLevel", vocab: {} } }), "of type WordLevel, which is"],
    ["empty", json({}), "tokenizer.json holds no model with a vocabulary."],
    [
      "one whose first step fails only once there is text",
      json({
        model: { vocab: { a: 0 }, merges: [] },
        normalizer: { type: "Prepend" },
        pre_tokenizer: { type: "Split", pattern: { Regex: "(" } },
      }),
      "tokenizer.json cannot be read: ",
    ],
    [
      "one without an id for what it does not know",
      json({ model: { vocab: { a: 0 }, merges: [], unk_token: "?" } }),
      "no id for the tokens that it makes",
    ],
  ])("that is %s is said, and prompts are ids", async (_, tokenizer, why) => {
    const files = bare(tinyLlama);
    if (tokenizer) files.set("tokenizer.json", tokenizer);
    const opened = await open(files);
    expect(opened.hasTokenizer).toBe(false);
    expect(opened.notice).toContain(why);
    expect(opened.notice).toContain(
      "to type text, open the model together with its tokenizer.json",
    );
    expect(opened.tokenizer.encode("[198]")).toEqual([198]);
  });
});

describe("a GGUF file", () => {
  test.each(["llama", "gpt2", "gptneox"])("of %s opens by its own name", async (architecture) => {
    const path = `format/fixtures/tiny-${architecture}.gguf`;
    const { info, weights, notice } = await open(file(path));
    expect(info).toMatchObject({ name: "Tiny", nLayers: 1, dModel: 8, vocab: 10 });
    expect(notice).toContain("tokenizer is missing");
    const held = openSafetensors(fixture(path.replace("gguf", "safetensors")));
    const expected = weightsFromSafetensors(held, info.family as "llama");
    const read = Object.keys(Object.fromEntries(held.tensors))
      .map((name) => name.replace(/^(model|gpt_neox)\./, ""))
      .filter((name) => weights.has(name));
    expect(read.length).toBeGreaterThan(11);
    for (const name of read) expect(weights.read(name), name).toEqual(expected.read(name));
  });

  test("without a name in it is called as the file is", async () => {
    const bytes = Buffer.from(fixture(tinyGguf));
    bytes.write("general.nope", bytes.indexOf("general.name"));
    expect((await open(new Map([["A Llama.gguf", new Blob([bytes])]]))).info.name).toBe("A Llama");
  });

  test("in parts, or beside another one, is refused with what to do", async () => {
    const [, blob] = [...file(tinyGguf)][0];
    const part = open(new Map([["m-00001-of-00002.gguf", blob]]));
    await expect(part).rejects.toThrow(UnsupportedError);
    await expect(part).rejects.toThrow("llama-gguf-split --merge");
    const two = new Map([
      ["a.gguf", blob],
      ["b.gguf", blob],
    ]);
    await expect(open(two)).rejects.toThrow("2 GGUF files here: a.gguf, b.gguf. Open one of them.");
  });
});

describe("tied embeddings", () => {
  // What transformers 5.23 does is asserted in fixtures/make_models.py.
  const embedding = "model.embed_tokens.weight";

  test("beside an unembedding of other values: both are used, and that is said", async () => {
    const head = filled(0.5, 199, 64);
    const { config, weights, notice } = await open(
      await withTensors(bare(tinyLlama), { "lm_head.weight": head }),
    );
    expect(config.tied).toBe(false);
    expect(weights.read("lm_head.weight")).toEqual(head.values);
    expect(notice).toContain("says that lm_head.weight is embed_tokens.weight, and its files hold");
  });

  test("beside an unembedding of the same values stay tied", async () => {
    const held = openSafetensors(fixture(`${tinyLlama}/model.safetensors`));
    const head = { shape: [199, 64], values: held.read(embedding) };
    const opened = await open(await withTensors(bare(tinyLlama), { "lm_head.weight": head }));
    expect(opened.config.tied).toBe(true);
    expect(opened.notice).not.toContain("lm_head");

    head.values[199 * 64 - 1] += 1;
    const other = await open(await withTensors(bare(tinyLlama), { "lm_head.weight": head }));
    expect(other.config.tied).toBe(false);
  });

  test("are the unembedding where a file holds that alone, as safetensors.torch.save_model writes it", async () => {
    const held = openSafetensors(fixture(`${tinyLlama}/model.safetensors`));
    const head = { shape: [199, 64], values: held.read(embedding) };
    const { config, weights, notice } = await open(
      await withTensors(bare(tinyLlama), { "lm_head.weight": head, [embedding]: null }),
    );
    expect(config.tied).toBe(true);
    expect(notice).not.toContain("lm_head");
    expect(weights.readRows("embed_tokens.weight", [7])).toEqual(
      head.values.subarray(7 * 64, 8 * 64).slice(),
    );
  });

  test("with an unembedding of another shape are refused with both shapes", async () => {
    const padded = await withTensors(bare(tinyLlama), { "lm_head.weight": filled(0, 256, 64) });
    await expect(open(padded)).rejects.toThrow(
      "lm_head.weight is [256, 64], where the model's config says [199, 64].",
    );
  });
});

describe("biases that the config does not speak of", () => {
  const bias = { "model.layers.0.self_attn.q_proj.bias": filled(1, 64) };

  test("are not used, as in transformers; those that it does speak of are", async () => {
    const files = await withTensors(bare(tinyLlama), bias);
    expect((await open(files)).weights.has("layers.0.self_attn.q_proj.bias")).toBe(false);
    const biased = await open(await withConfig(files, { attention_bias: true }));
    expect(biased.weights.has("layers.0.self_attn.q_proj.bias")).toBe(true);
    expect(biased.weights.has("layers.0.self_attn.k_proj.bias")).toBe(false);
  });
});

describe("what does not fit together is refused", () => {
  const refusal = async (files: ModelFiles | Promise<ModelFiles>) => {
    const error = await open(await files).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LensError);
    return (error as LensError).message;
  };
  const llama = (changes: Readonly<Record<string, unknown>>) =>
    refusal(withConfig(bare(tinyLlama), changes));

  test("a config of other sizes, with the tensor and both of its shapes", async () => {
    expect(await llama({ vocab_size: 190 })).toBe(
      "embed_tokens.weight is [199, 64], where the model's config says [190, 64].",
    );
    expect(await llama({ hidden_size: 128 })).toContain("is [199, 64], where the model's config");
    expect(await llama({ num_hidden_layers: 5 })).toBe(
      "The model's config says 5 layers, and its weights are of 3.",
    );
    expect(await llama({ num_hidden_layers: 2 })).toContain(
      "says 2 layers, and its weights are of 3",
    );
    expect(await llama({ intermediate_size: 95 })).toBe(
      "layers.0.mlp.gate_proj.weight is [96, 64], where the model's config says [95, 64].",
    );
    expect(await llama({ num_key_value_heads: 4 })).toContain("k_proj.weight is [32, 64], where");
    expect(await llama({ tie_word_embeddings: false })).toBe(
      "The model's files hold no tensor lm_head.weight.",
    );
    expect(await refusal(withConfig(bare(tinyGpt2), { n_positions: 64 }))).toBe(
      "wpe.weight is [128, 64], where the model's config says [64, 64].",
    );
    expect(await refusal(withConfig(bare(tinyGptNeoX), { intermediate_size: 1 }))).toContain(
      "dense_h_to_4h.weight is [160, 128], where the model's config says [1, 128]",
    );
  });

  test.each([
    [tinyLlama, "model.layers.2.mlp.down_proj.weight"],
    [tinyLlama, "model.norm.weight"],
    [tinyGpt2, "transformer.h.1.attn.c_attn.bias"],
    [tinyGptNeoX, "gpt_neox.layers.0.attention.dense.weight"],
    [tinyGptNeoX, "embed_out.weight"],
  ])("%s without %s, by that name", async (path, name) => {
    const message = await refusal(withTensors(bare(path), { [name]: null }));
    expect(message).toBe(
      `The model's files hold no tensor ${name.replace(/^[^.]*\.(?=h|l|n)/, "")}.`,
    );
  });

  test("a config of a billion of anything, at once and with nothing allocated for it", async () => {
    const start = performance.now();
    const keys = Object.keys(JSON.parse(await bare(tinyLlama).get("config.json")!.text()));
    const sizes = keys.filter((key) => /_size$|^num_|head_dim/.test(key));
    expect(sizes).toHaveLength(7);
    for (const key of sizes)
      expect(await llama({ [key]: 1e9 }), key).toMatch(/\d000000000|divide|a page gets 17\.2 GB/);
    for (const [path, key] of [
      [tinyGpt2, "n_embd"],
      [tinyGpt2, "n_layer"],
      [tinyGpt2, "n_positions"],
      [tinyGptNeoX, "hidden_size"],
      [tinyGptNeoX, "num_hidden_layers"],
    ]) {
      expect(await refusal(withConfig(bare(path), { [key]: 1e9 }))).toMatch(
        /1000000000|a page gets 17\.2 GB/,
      );
    }
    expect(performance.now() - start).toBeLessThan(5000); // half a second
  });

  test("a tensor of layer 2,999,999 alone, and a config of as many", async () => {
    const start = performance.now();
    const files = await withConfig(folder(tinyLlama, "config.json"), {
      num_hidden_layers: 3e6,
      vocab_size: 1,
      hidden_size: 8,
      num_attention_heads: 1,
      num_key_value_heads: 1,
      head_dim: 8,
      intermediate_size: 1,
    });
    const tensors = new Map([["model.layers.2999999.x.weight", filled(0, 1)]]);
    files.set("model.safetensors", safetensorsBlob(tensors, {}));
    expect(await refusal(files)).toBe(
      "The model's config says 3000000 layers, and its weights are of 1.",
    );
    expect(performance.now() - start).toBeLessThan(2000); // at once
  });

  test("a model of more than a page's memory, with both sizes and before it is read", async () => {
    const files = await withConfig(bare(tinyLlama), {
      num_hidden_layers: 32,
      hidden_size: 4096,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      head_dim: 128,
      intermediate_size: 11008,
      vocab_size: 32000,
    });
    files.get("model.safetensors")!.slice = () => {
      throw new Error("it is read");
    };
    expect(await refusal(files)).toBe(
      "This model is 26.4 GB of float32 numbers, and a page gets 17.2 GB at most. Open a smaller model.",
    );
  });

  test("but a context of a billion is read as far as tables of its angles go", async () => {
    const long = await withConfig(bare(tinyLlama), { max_position_embeddings: 1e9 });
    expect((await open(long)).config.contextLength).toBe(2 ** 22 / 16);
    const usual = await withConfig(bare(tinyLlama), { max_position_embeddings: 131_072 });
    expect((await open(usual)).config.contextLength).toBe(131_072);
  });

  test("a model of another type, by its type", async () => {
    expect(await llama({ model_type: "mamba" })).toContain("of type mamba, which is not read here");
    expect(await llama({ quantization_config: { quant_method: "gptq" } })).toContain("quantised");
  });

  test("weights of a dtype that is not read, by the tensor", async () => {
    const files = bare(tinyLlama);
    const text = Buffer.from(await files.get("model.safetensors")!.arrayBuffer());
    for (let at = text.indexOf('"F32"'); at >= 0; at = text.indexOf('"F32"'))
      text.write('"I32"', at);
    expect(await refusal(files.set("model.safetensors", new Blob([text])))).toContain(
      "embed_tokens.weight is stored as I32, which is not read here; F32, F16, BF16",
    );
  });

  test("shards that are missing, all by name and with their count", async () => {
    const files = folder(tiny);
    files.delete("model-00002-of-00002.safetensors");
    expect(await refusal(files)).toBe(
      "1 of the model's 2 weight files are missing: model-00002-of-00002.safetensors. Open the whole folder.",
    );
    files.delete("model-00001-of-00002.safetensors");
    expect(await refusal(files)).toContain(
      "2 of the model's 2 weight files are missing: model-00001-of-00002.safetensors, model-00002-of-00002.safetensors.",
    );
  });

  test("shards of which more are missing than a sentence holds, some by name", async () => {
    const files = folder(tiny, "config.json");
    const shards = Array.from({ length: 12 }, (_, i) => [`${i}`, `${"x".repeat(300)}${i + 10}`]);
    files.set("model.safetensors.index.json", json({ weight_map: Object.fromEntries(shards) }));
    const sentence = await refusal(files);
    expect(sentence).toMatch(/^12 of the model's 12 weight files.+…, x+… and 2 more\. Open/);
    expect(sentence.length).toBeLessThan(1000);
  });

  test("shards without their index, and indices that are none", async () => {
    const shards = folder(tiny);
    shards.delete("model.safetensors.index.json");
    expect(await refusal(shards)).toContain("model.safetensors.index.json, which says what is in");
    for (const index of [
      "{",
      "[]",
      "null",
      "{}",
      '{"weight_map": 1}',
      '{"weight_map": {"a": 1}}',
    ]) {
      shards.set("model.safetensors.index.json", new Blob([index]));
      expect(await refusal(shards)).toContain("safetensors index");
    }
    shards.set("model.safetensors.index.json", json({ weight_map: {} }));
    expect(await refusal(shards)).toContain("its weights are of 0");
  });

  test("weights that are cut short, by the file's name", async () => {
    const files = bare(tinyLlama);
    const whole = files.get("model.safetensors")!;
    for (const bytes of [0, 7, 8, 1000, whole.size - 1]) {
      const message = await refusal(files.set("model.safetensors", whole.slice(0, bytes)));
      expect(message).toMatch(/^model\.safetensors: .*(truncated|no safetensors file)/);
    }
    const [[name, gguf]] = file(tinyGguf);
    for (const bytes of [4, 100, 5000, gguf.size - 1]) {
      expect(await refusal(new Map([[name, gguf.slice(0, bytes)]]))).toMatch(
        /^tiny\.gguf: .*(truncated|damaged)/,
      );
    }
  });

  test("weights for PyTorch only, with how to save them", async () => {
    const files = folder(tinyLlama, "config.json").set("pytorch_model.bin", new Blob(["PK"]));
    const message = await refusal(files);
    expect(message).toContain(
      "in pytorch_model.bin, which is not read here. Save the model as safe",
    );
    expect(message).toContain("save_pretrained");
  });

  test("no model at all", async () => {
    expect(await refusal(new Map())).toContain("There is no model among these files");
    expect(await refusal(folder(tinyLlama, "model.safetensors"))).toContain("There is no model");
    expect(await refusal(folder(tinyLlama, "config.json"))).toContain("There is no model");
    const damaged = bare(tinyLlama).set("config.json", new Blob(['{"model_type": "llama"']));
    expect(await refusal(damaged)).toContain("config.json is not JSON: ");
  });

  test("a file that is larger than the memory, in a sentence with its size", async () => {
    const files = bare(tinyLlama);
    Object.defineProperty(files.get("model.safetensors")!, "size", { value: 2 ** 50 });
    expect(await refusal(files)).toBe(
      "model.safetensors needs 1125899907 MB of memory in one piece, which this browser does not give. Close other tabs and open it again.",
    );
  });

  test("a file that has gone since it was chosen", async () => {
    const files = bare(tinyLlama);
    files.get("model.safetensors")!.slice = () => {
      throw new DOMException("gone", "NotReadableError");
    };
    expect(await refusal(files)).toContain("model.safetensors: The file cannot be read any more");
  });
});

test("openModel stops where it is told to", async () => {
  const reason = new DOMException("stopped", "AbortError");
  const stopped = openModel(bare(tinyLlama), "llama", AbortSignal.abort(reason));
  await expect(stopped).rejects.toBe(reason);
});

describe("of hundreds of damaged files each opens or is refused in a sentence", () => {
  const withoutTokenizer = () => {
    const files = folder(tiny);
    files.delete("tokenizer.json");
    return files;
  };
  const seeds: readonly (readonly [string, () => Map<string, Blob>, string, number])[] = [
    ["a GGUF file", () => file(tinyGguf), "tiny.gguf", 9000],
    ["a shard", withoutTokenizer, "model-00002-of-00002.safetensors", 1500],
    ["an index", withoutTokenizer, "model.safetensors.index.json", 1700],
    ["a config", withoutTokenizer, "config.json", 720],
    ["a tokenizer", () => folder(tiny), "tokenizer.json", 2700],
  ];
  test.each(seeds)("%s", async (_, open, name, within) => {
    const files = open();
    const original = new Uint8Array(await files.get(name)!.arrayBuffer());
    const next = random(5);
    const below = (n: number) => Math.floor(next() * n);
    let refused = 0;
    for (let i = 0; i < 300; ++i) {
      const bytes = original.slice();
      const changes = 1 + below(4);
      for (let j = 0; j < changes; ++j) {
        const at = below(Math.min(within, bytes.length));
        // A byte of the file's own is more often than not one that makes sense.
        bytes[at] = below(2) ? below(256) : original[below(original.length)];
      }
      try {
        const model = await openModel(files.set(name, new Blob([bytes])), "damaged");
        if (model.hasTokenizer) model.tokenizer.encode("the then 12");
        else if (files.has("tokenizer.json")) ++refused;
      } catch (error) {
        if (!(error instanceof LensError)) throw error;
        ++refused;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
