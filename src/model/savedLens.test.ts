import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { safetensorsBlob } from "../format/safetensorsWriter";
import { openTorch } from "../format/torch";
import { torchBlob } from "../format/torchWriter";
import { openZip } from "../format/zip";
import { zipBlob } from "../format/zipWriter";
import { lensConfigJson, lensReceipt, lensTensors } from "../lens/lensFolder";
import { normals } from "../math/random";

// Bytes are held to goldens beside the writers; here Python itself opens what is saved.
const python = process.env.MIDTHOUGHT_PYTHON ?? "python3";
const wanted = ["torch", "safetensors", "transformers", "tuned_lens"];
const probe = `import importlib.util as u; print(*[m for m in ${JSON.stringify(wanted)} if u.find_spec(m)])`;
const found: string[] =
  spawnSync(python, ["-c", probe], { encoding: "utf8" }).stdout?.match(/\w+/g) ?? [];
const isMissing = (...modules: string[]) => modules.some((name) => !found.includes(name));
if (isMissing(...wanted)) {
  console.warn(
    `${python} has only [${found.join(" ")}] of ${wanted.join(", ")}: skipping what needs the others. MIDTHOUGHT_PYTHON can name another Python.`,
  );
}

const tinyLlama = join(import.meta.dirname, "../engine/fixtures/tiny-llama");
const tinyLlamaHash = "dbe0ab2ecda98de910885485b2382f1b1c0ca4d975c4561b8b872db1127dba92"; // its lens/config.json
const model = { name: "tiny", family: "llama", nLayers: 3, dModel: 64, vocab: 199, sha256: "" };

/** Numbers whose bits a detour through another dtype or through text would change. */
const awkward = [-0, 1e-45, 1.1754942e-38, 3.4028235e38, 16_777_217, 0.1];
const tensors = lensTensors(
  Array.from({ length: model.nLayers }, (_, layer) => {
    const weight = normals(model.dModel ** 2, 0.1, layer + 1);
    weight.set(awkward, layer);
    return { weight, bias: normals(model.dModel, 1, layer + 11) };
  }),
);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const expected = Object.fromEntries(
  Array.from(tensors, ([name, { shape, values }]) => [
    name,
    ["torch.float32", [...shape], sha256(new Uint8Array(values.buffer))],
  ]),
);

let folder: string;
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

function reopen(...parameters: string[]) {
  const script = join(import.meta.dirname, "fixtures/reopen_lens.py");
  const environment = { ...process.env, HF_HUB_OFFLINE: "1", PYTHONDONTWRITEBYTECODE: "1" };
  const { status, stdout, stderr } = spawnSync(python, [script, ...parameters], {
    encoding: "utf8",
    env: environment,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "midthought-lens-"));
  const params = await torchBlob(tensors);
  const receipt = lensReceipt({
    app: { name: "midthought", version: "0.1.0" },
    model,
    lens: { kind: "tuned", name: "made here", sha256: null },
    params: { file: "params.pt", sha256: sha256(await bytesOf(params)) },
    date: "2026-11-24",
  });
  const config = lensConfigJson({ ...model, baseModel: "tiny-llama" }, tinyLlamaHash);
  const zip = await zipBlob([
    { name: "config.json", data: new Blob([config]) },
    { name: "params.pt", data: params },
    { name: "receipt.json", data: new Blob([receipt]) },
  ]);
  writeFileSync(join(folder, "lens.zip"), await bytesOf(zip));
  const safetensors = safetensorsBlob(tensors, { receipt });
  writeFileSync(join(folder, "lens.safetensors"), await bytesOf(safetensors));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As Python prints it: each tensor's dtype, shape and SHA-256 of its bytes. */
async function digests(params: Blob) {
  const file = await openTorch(params, 2 ** 20);
  const names = [...file.tensors.keys()];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const values = await file.read(name);
        const { shape } = file.tensors.get(name)!;
        return [name, ["torch.float32", shape, sha256(new Uint8Array(values.buffer))]];
      }),
    ),
  );
}

const blobOf = (...path: string[]) =>
  new Blob([new Uint8Array(readFileSync(join(folder, ...path)))]);

test("openZip and openTorch read every bit of a saved lens, and find the file that the receipt names", async () => {
  const entries = await openZip(blobOf("lens.zip"), 2 ** 20);
  expect([...entries.keys()]).toEqual(["config.json", "params.pt", "receipt.json"]);
  const params = await entries.get("params.pt")!.read();
  expect(await digests(new Blob([params]))).toEqual(expected);
  const receipt = JSON.parse(new TextDecoder().decode(await entries.get("receipt.json")!.read()));
  expect(receipt.params).toEqual({ file: "params.pt", sha256: sha256(params) });
});

test.skipIf(isMissing("torch", "safetensors"))(
  "torch.load(weights_only=True) and safetensors read every bit of a saved lens",
  { timeout: 120_000 },
  () => {
    const read = reopen("torch", folder);
    expect(read.type).toBe("OrderedDict");
    expect(read.torch).toEqual(expected);
    expect(Object.keys(read.torch)).toEqual([...tensors.keys()]);
    expect(read.mmap).toEqual(expected);
    expect(read.safetensors).toEqual(expected);
  },
);

test.skipIf(isMissing("torch", "transformers", "tuned_lens"))(
  "TunedLens.from_unembed_and_pretrained opens a saved folder without a warning, and what it saves opens here bit for bit",
  { timeout: 120_000 },
  async () => {
    const read = reopen("tuned_lens", folder, tinyLlama);
    expect(read.warnings).toEqual([]);
    expect(read.translators).toEqual(expected);
    expect(read.config).toMatchObject({ d_model: 64, num_hidden_layers: 3, bias: true });
    expect(await digests(blobOf("again", "params.pt"))).toEqual(expected);
  },
);
