import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";

import { zipBlob } from "../format/zipWriter";
import { inspectFiles } from "./inspectFiles";
import type { Found, NamedBlob } from "./protocol";

const bytesOf = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../${path}`, import.meta.url)));
const fileOf = (name: string, content: Uint8Array<ArrayBuffer> | string): NamedBlob => ({
  name,
  blob: new Blob([content]),
});

const tiny = "engine/fixtures/tiny-llama";
const params = bytesOf(`${tiny}/lens/params.pt`);
const lensConfig = bytesOf(`${tiny}/lens/config.json`);
const modelConfig = bytesOf(`${tiny}/config.json`);
const weights = bytesOf(`${tiny}/model.safetensors`);
const gguf = bytesOf("format/fixtures/tiny-llama.gguf");

/** What was found, in short: `lens tiny: params.pt + config.json`. */
function inShort(found: Found): string {
  switch (found.kind) {
    case "model":
      return `model ${found.name}: ${found.files.map(({ name }) => name).join(", ")}`;
    case "lens":
      return `lens ${found.name}: ${found.parameters.name}${found.config ? ` + ${found.config.name}` : ""}`;
    default:
      return `${found.kind}: ${found.file.name}`;
  }
}
const inspect = async (...files: NamedBlob[]) => (await inspectFiles(files)).map(inShort);
async function refusalOf(...files: NamedBlob[]): Promise<string> {
  const found = await inspectFiles(files);
  expect(found).toHaveLength(1);
  return found[0].kind === "refused" ? found[0].why : inShort(found[0]);
}

describe("inspectFiles() finds", () => {
  test("a lens's folder, in any order", async () => {
    const files = [fileOf("tiny/params.pt", params), fileOf("tiny/config.json", lensConfig)];
    const lens = "lens tiny: tiny/params.pt + tiny/config.json";
    expect(await inspect(...files)).toEqual([lens]);
    expect(await inspect(...files.toReversed())).toEqual([lens]);
  });

  test("a lens's loose files, and its parameters alone", async () => {
    expect(await inspect(fileOf("config.json", lensConfig), fileOf("params.pt", params))).toEqual([
      "lens params: params.pt + config.json",
    ]);
    expect(await inspect(fileOf("mine.pt", params))).toEqual(["lens mine: mine.pt"]);
  });

  test("a lens by its bytes, whatever it is called", async () => {
    expect(await inspect(fileOf("download(1)", params))).toEqual(["lens download(1): download(1)"]);
    const npz = bytesOf("format/fixtures/arrays.npz");
    expect(await inspect(fileOf("lens.npz", npz), fileOf("old.pt", "\u0080\u0002"))).toEqual([
      "lens lens: lens.npz",
      "lens old: old.pt",
    ]);
  });

  test("a zipped folder's files, without what systems put there", async () => {
    const zip = await zipBlob([
      { name: "config.json", data: [lensConfig] },
      { name: "__MACOSX/._params.pt", data: [lensConfig] },
      { name: ".DS_Store", data: [lensConfig] },
      { name: "params.pt", data: [params] },
    ]);
    expect(await inspect({ name: "my lens.zip", blob: zip })).toEqual([
      "lens my lens: my lens.zip/params.pt + my lens.zip/config.json",
    ]);
  });

  test("a model's folder, its lens in a folder within, and what lies beside", async () => {
    const found = await inspect(
      fileOf("tiny/lens/params.pt", params),
      fileOf("tiny/README.md", "# tiny"),
      fileOf("tiny/config.json", modelConfig),
      fileOf("tiny/generation_config.json", "{}"),
      fileOf("tiny/model.safetensors", weights),
      fileOf("tiny/lens/config.json", lensConfig),
      fileOf("tiny/tokenizer.json", "{}"),
    );
    expect(found).toEqual([
      "lens lens: tiny/lens/params.pt + tiny/lens/config.json",
      "model tiny: tiny/config.json, tiny/model.safetensors, tiny/tokenizer.json",
      "ignored: tiny/README.md",
      "ignored: tiny/generation_config.json",
    ]);
  });

  test("a GGUF model, named by its file", async () => {
    expect(await inspect(fileOf("some.gguf", gguf))).toEqual(["model some: some.gguf"]);
  });

  test("a reading, and JSON that may be one", async () => {
    expect(await inspect(fileOf("a.json", '[{"format":"midthought-reading/1"}]'))).toEqual([
      "reading: a.json",
    ]);
    expect(await inspect(fileOf("b.txt", "{"))).toEqual(["reading: b.txt"]);
  });

  test("nothing in nothing", async () => {
    expect(await inspect()).toEqual([]);
    expect(await inspect(fileOf("tiny/.DS_Store", "x"))).toEqual([]);
  });
});

describe("inspectFiles() refuses, in a sentence that says what to do,", () => {
  test("a config without what it describes", async () => {
    expect(await refusalOf(fileOf("config.json", lensConfig))).toContain("open its params.pt");
    expect(await refusalOf(fileOf("config.json", modelConfig))).toContain("open its .safetensors");
  });

  test("a web page or a pointer that was saved in a file's place", async () => {
    expect(await refusalOf(fileOf("params.pt", "<!doctype html><title>404"))).toContain("web page");
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
    expect(await refusalOf(fileOf("params.pt", pointer))).toContain("git lfs pull");
  });

  test("what is none of the things that open here", async () => {
    expect(await refusalOf(fileOf("cat.png", "\u0089PNG"))).toContain("It is no lens");
    expect(await refusalOf(fileOf("README.md", "# tiny"))).toContain("It is no lens");
    expect(await refusalOf(fileOf("empty.bmp", ""))).toContain("It is no lens");
    expect(await refusalOf(fileOf("story.txt", "Once"))).toMatch(
      /no reading \(\.json\)\. A text to train on \(\.txt, \.jsonl\) is dropped on the Train tab\.$/,
    );
  });

  test("a zip of nothing, and one of more files than a model has", async () => {
    expect(await refusalOf(fileOf("a.zip", zipSync({}) as Uint8Array<ArrayBuffer>))).toBe(
      "It is a zip archive with nothing in it.",
    );
    const junk = await zipBlob([{ name: "__MACOSX/._config.json", data: [lensConfig] }]);
    expect(await refusalOf({ name: "a.zip", blob: junk })).toContain("nothing in it");
    const files = Array.from({ length: 1001 }, (_, i) => [`${i}.json`, new Uint8Array(1)]);
    const many = zipSync(Object.fromEntries(files), { level: 0 }) as Uint8Array<ArrayBuffer>;
    expect(await refusalOf(fileOf("a.zip", many))).toContain("of 1001 files");
  });

  test("a zip that is cut short, and one that would unpack to far more than it is", async () => {
    const zip = await zipBlob([{ name: "config.json", data: [lensConfig] }]);
    const cut = { name: "a.zip", blob: zip.slice(0, zip.size - 9) };
    expect(await refusalOf(cut)).toMatch(/zip/i);
    const bomb = zipSync({ "params.bin": new Uint8Array(9) }, { level: 1 });
    const size = new TextDecoder("latin1").decode(bomb).indexOf("PK\u0001\u0002") + 24;
    new DataView(bomb.buffer).setUint32(size, 2 ** 28 + 1, true);
    expect(await refusalOf(fileOf("bomb.zip", bomb as Uint8Array<ArrayBuffer>))).toContain(
      "unpacks to 268435457 bytes",
    );
  });

  test("no zipped lens for being all zeros", async () => {
    const zeros = zipSync({ "params.bin": new Uint8Array(2 ** 26 + 1) }, { level: 1 });
    expect(await inspect(fileOf("zeros.zip", zeros as Uint8Array<ArrayBuffer>))).toEqual([
      "lens zeros: zeros.zip/params.bin",
    ]);
  });

  test("a folder, which a browser cannot read", async () => {
    const folder = fileOf("folder", "");
    folder.blob.slice = () => {
      const gone = new Blob();
      gone.arrayBuffer = () => Promise.reject(new DOMException("", "NotFoundError"));
      return gone;
    };
    expect(await refusalOf(folder)).toContain("It is a folder");
  });
});

describe("inspectFiles() opens the folders that there are", () => {
  const at = (folder: string, ...names: string[]) =>
    names.map((name) => fileOf(`${folder}/${name}`, "other"));
  const json = (name: string) => fileOf(name, '{"a": 1}');
  /** All but what is ignored. */
  const notIgnored = async (files: readonly NamedBlob[]) =>
    (await inspect(...files)).filter((found) => !found.startsWith("ignored"));

  test("a clone from the Hub, with other libraries' weights, conversions and Git's own", async () => {
    const others = ["64.tflite", "flax_model.msgpack", "tf_model.h5", "rust_model.ot"];
    const spare = ["pytorch_model.bin", "onnx/decoder_model.onnx", "chat_template.jinja"];
    const git = [".git/HEAD", ".git/lfs/objects/ab/cd/abcd", ".gitattributes"];
    const files = [
      fileOf("gpt2/.git/config", "[core]"),
      ...at("gpt2", ...others, ...spare, ...git, "README.md", "tokenizer.model", "config.yaml"),
      fileOf("gpt2/config.json", modelConfig),
      fileOf("gpt2/onnx/config.json", modelConfig),
      json("gpt2/vocab.json"),
      json("gpt2/generation_config_for_text_generation.json"),
      fileOf("gpt2/chat_template.jinja", "{%- if tools %}"),
      fileOf("gpt2/model.safetensors", weights),
      fileOf("gpt2/coreml/weights/weight.bin", "other"),
      fileOf("gpt2/gpt2.gguf", gguf),
    ];
    expect(await notIgnored(files)).toEqual([
      "model gpt2: gpt2/config.json, gpt2/model.safetensors",
    ]);
  });

  test("a download of the Hub's command, with its records", async () => {
    const cache = "gpt2/.cache/huggingface";
    const files = [
      ...at(`${cache}/download`, "model.safetensors.metadata", "config.json.lock"),
      fileOf(`${cache}/.gitignore`, "*"),
      fileOf(`${cache}/CACHEDIR.TAG`, "Signature"),
      fileOf("gpt2/README.md", "# gpt2"),
      fileOf("gpt2/config.json", modelConfig),
      fileOf("gpt2/model.safetensors", weights),
    ];
    expect(await notIgnored(files)).toEqual([
      "model gpt2: gpt2/config.json, gpt2/model.safetensors",
    ]);
    const snapshot = ".cache/huggingface/hub/models--gpt2/snapshots/607a/mine.pt";
    expect(await inspect(fileOf(snapshot, params))).toEqual([`lens mine: ${snapshot}`]);
  });

  test("what training leaves, beside a model and beside a lens", async () => {
    const kept = ["optimizer.pt", "scheduler.pt", "training_args.bin", "rng_state_0.pth"];
    const records = [json("run/trainer_state.json"), json("run/all_results.json")];
    const model = [
      fileOf("run/config.json", modelConfig),
      fileOf("run/model.safetensors", weights),
    ];
    expect(await notIgnored([...at("run", ...kept), ...records, ...model])).toEqual([
      "model run: run/config.json, run/model.safetensors",
    ]);
    const lens = fileOf("run/params.pt", params);
    expect(await notIgnored([...at("run", ...kept), ...records, lens])).toEqual([
      "lens run: run/params.pt",
    ]);
    expect(await inspect(fileOf("optimizer.pt", params))).toEqual(["lens optimizer: optimizer.pt"]);
  });

  test("a lens beside a model's weights, also where those are in pieces", async () => {
    const index = JSON.stringify({ weight_map: { a: "a-1.safetensors", b: "B-2.safetensors" } });
    const files = [
      fileOf("tiny/model.safetensors.index.json", index),
      fileOf("tiny/a-1.safetensors", weights),
      fileOf("tiny/b-2.safetensors", weights),
      fileOf("tiny/mine.safetensors", weights),
      fileOf("tiny/config.json", modelConfig),
    ];
    expect(await inspect(...files)).toEqual([
      "model tiny: tiny/config.json, tiny/model.safetensors.index.json, tiny/a-1.safetensors, tiny/B-2.safetensors",
      "lens mine: tiny/mine.safetensors",
    ]);
  });

  test("a lens's parameters with its model's config, which is not needed", async () => {
    const files = [fileOf("a/config.json", modelConfig), fileOf("a/params.pt", params)];
    expect(await inspect(...files)).toEqual(["lens a: a/params.pt", "ignored: a/config.json"]);
  });

  test("a clone without its large files: the pointers are refused first", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
    const found = await inspect(
      fileOf("gpt2/config.json", modelConfig),
      json("gpt2/trainer_state.json"),
      fileOf("gpt2/tf_model.h5", pointer),
      fileOf("gpt2/model.safetensors", pointer),
    );
    expect(found).toEqual([
      "ignored: gpt2/tf_model.h5",
      "refused: gpt2/model.safetensors",
      "ignored: gpt2/config.json",
      "ignored: gpt2/trainer_state.json",
    ]);
  });

  test("a saved reading beside a lens, and no other JSON", async () => {
    const reading = fileOf("a/b.json", '[{"format":"midthought-reading/1"}]');
    expect(await notIgnored([fileOf("a/mine.pt", params), reading, json("a/c.json")])).toEqual([
      "lens mine: a/mine.pt",
      "reading: a/b.json",
    ]);
  });

  test("names in any letter case, and a config without model_type", async () => {
    const config = fileOf("T/CONFIG.JSON", '{"architectures": ["LlamaForCausalLM"]}');
    expect(await inspect(config, fileOf("T/MODEL.SAFETENSORS", weights))).toEqual([
      "model T: T/config.json, T/model.safetensors",
    ]);
    expect(await inspect(fileOf("T/Config.json", lensConfig), fileOf("T/a.PT", params))).toEqual([
      "lens a: T/a.PT + T/Config.json",
    ]);
  });
});

describe("inspectFiles() pairs", () => {
  test("files of one name by what they say, and gives them names of their own", async () => {
    const files = [
      fileOf("config.json", lensConfig),
      fileOf("params.pt", params),
      fileOf("config.json", modelConfig),
      fileOf("model.safetensors", weights),
      fileOf("tokenizer.json", "{}"),
    ];
    expect(await inspect(...files)).toEqual([
      "model model: config.json, model.safetensors, tokenizer.json",
      "lens params: params.pt + 2/config.json",
    ]);
    expect(await inspect(...files.slice(0, 2), ...files.slice(0, 2))).toEqual([
      "lens params: params.pt + config.json",
      "lens params: 2/params.pt + 2/config.json",
    ]);
  });

  test("a browser's second files with each other", async () => {
    for (const second of [" (1)", "(1)"]) {
      const files = [
        fileOf("config.json", lensConfig),
        fileOf("params.pt", params),
        fileOf(`params${second}.pt`, params),
      ];
      const first = "lens params: params.pt + config.json";
      const own = fileOf(`config${second}.json`, lensConfig);
      expect(await inspect(own, ...files)).toEqual([
        first,
        `lens params: params${second}.pt + config${second}.json`,
      ]);
      expect(await inspect(...files)).toEqual([first, `lens params: params${second}.pt`]);
      expect(await inspect(own, files[1])).toEqual([
        `lens params: params.pt + config${second}.json`,
      ]);
    }
  });

  test("a browser's second model, as its files are looked for", async () => {
    const config = fileOf("config (1).json", modelConfig);
    const found = await inspect(config, fileOf("model (1).safetensors", weights));
    expect(found).toEqual(["model model: config.json, model.safetensors"]);
  });

  test("no config of several with a lens that may be another's", async () => {
    const configs = [fileOf("config.json", lensConfig), fileOf("config.json", lensConfig)];
    expect(await inspect(...configs, fileOf("a.pt", params), fileOf("b.pt", params))).toEqual([
      "lens a: a.pt",
      "lens b: b.pt",
      "refused: config.json",
      "refused: 2/config.json",
    ]);
  });
});

describe("inspectFiles() names", () => {
  test("a lens by its file, or by its folder where the file is called as all are", async () => {
    const file = "Salesforce-wikitext/gpt2-small_jacobian_lens.pt";
    expect(await inspect(fileOf(file, params))).toEqual([`lens gpt2-small_jacobian_lens: ${file}`]);
    expect(await inspect(fileOf("mine/lens.pt", params))).toEqual(["lens mine: mine/lens.pt"]);
    expect(await inspect(fileOf(".pt", params))).toEqual(["lens .pt: .pt"]);
    expect(await inspect(fileOf("", params))).toEqual(["lens unnamed: unnamed"]);
  });

  test("a zip's files as folders, however their names are written", async () => {
    const inZip = async (...names: string[]) => {
      const entries = names.map((name) => [name, name.endsWith("pt") ? params : lensConfig]);
      const zip = zipSync(Object.fromEntries(entries)) as Uint8Array<ArrayBuffer>;
      return inspect(fileOf("a.zip", zip));
    };
    expect(await inZip("gpt2\\params.pt", "gpt2\\config.json")).toEqual([
      "lens gpt2: a.zip/gpt2/params.pt + a.zip/gpt2/config.json",
    ]);
    for (const start of ["/", "./", ".//", "../"]) {
      expect(await inZip(`${start}params.pt`, `${start}config.json`)).toEqual([
        "lens a: a.zip/params.pt + a.zip/config.json",
      ]);
    }
  });

  test("a zip beside a folder of its name apart, and two zips", async () => {
    const files = [
      { name: "config.json", data: [lensConfig] },
      { name: "params.pt", data: [params] },
    ];
    const zip = { name: "gpt2.zip", blob: await zipBlob(files) };
    const bare = { name: "gpt2.zip", blob: await zipBlob(files.slice(1)) };
    expect(await inspect(fileOf("gpt2/params.pt", params), zip)).toEqual([
      "lens gpt2: gpt2/params.pt",
      "lens gpt2: gpt2.zip/params.pt + gpt2.zip/config.json",
    ]);
    expect(await inspect(bare, zip)).toEqual([
      "lens gpt2: gpt2.zip/params.pt",
      "lens gpt2: 2/gpt2.zip/params.pt + 2/gpt2.zip/config.json",
    ]);
  });
});

describe("inspectFiles() looks through", () => {
  test("a zip within a zip no further", async () => {
    const inner = await zipBlob([{ name: "params.pt", data: [params] }]);
    const data = [new Uint8Array(await inner.arrayBuffer())];
    const blob = await zipBlob([{ name: "b.zip", data }]);
    expect(await refusalOf({ name: "a.zip", blob })).toContain("zip archive within another");
  });

  test("ten thousand files, and no more", async () => {
    const files = Array.from({ length: 10_000 }, (_, i) => fileOf(`a/${i}.md`, "x"));
    await expect(inspect(...files, fileOf("a.md", "x"))).rejects.toThrow("10,001 files");
    const found = await inspect(...files, fileOf("a/.git/index", "x"));
    expect(new Set(found).size).toBe(10_000);
  }, 30_000);
});
