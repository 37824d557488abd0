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
      "lens my lens: my lens/params.pt + my lens/config.json",
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
    const zeros = zipSync({ "params.bin": new Uint8Array(2 ** 26 + 1) }, { level: 1 });
    expect(await refusalOf(fileOf("bomb.zip", zeros as Uint8Array<ArrayBuffer>))).toMatch(/unpack/);
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
