import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "fflate";

import { crc32 } from "../../format/crc32";
import { openSafetensors, openShardedSafetensors } from "../../format/safetensors";
import { safetensorsBlob } from "../../format/safetensorsWriter";
import { zipOf } from "../../format/zipTesting";
import type { ModelConfig } from "../../model/config";
import type { Model } from "../../model/model";
import { createDice } from "./dice";
import { npzOf } from "./npzSeeds";
import type { Target } from "./openDropped";
import { torchVariants } from "./torchSeeds";

/** Files that are dropped together and open. */
export type Seed = Target & {
  readonly format: string;
  readonly name: string;
  readonly files: readonly SeedFile[];
};

type SeedFile = { readonly name: string; readonly bytes: Uint8Array };

const src = join(import.meta.dirname, "../..");
const fixture = (path: string) => new Uint8Array(readFileSync(join(src, path)));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Valid files of each format, of a few kilobytes each. */
export async function readSeeds(): Promise<readonly Seed[]> {
  return [
    ...torchSeeds(),
    ...dialectSeeds(),
    ...otherTensorSeeds(),
    ...(await modelSeeds()),
    ...zippedSeeds(),
  ];
}

const torch = (name: string) => fixture(`format/fixtures/torch/${name}.pt`);

const config2x4 = json({
  base_model_name_or_path: "tiny",
  d_model: 4,
  num_hidden_layers: 2,
  bias: true,
  base_model_revision: null,
  unembed_hash: "00",
  lens_type: "linear_tuned_lens",
});

function torchSeeds(): Seed[] {
  const model = modelOf(2, 4);
  const lens = (format: string, name: string, bytes: Uint8Array, files: SeedFile[] = []): Seed => ({
    format,
    name,
    model,
    isTensorsOnly: false,
    files: [{ name: "params.pt", bytes }, ...files],
  });
  const zipped = ["tuned", "cuda", "protocol-3", "protocol-4", "protocol-5"];
  const legacy = ["tuned-legacy", "cuda-legacy", "protocol-1-legacy", "protocol-4-legacy"];
  const config = [{ name: "config.json", bytes: config2x4 }];
  return [
    ...zipped.map((name) => lens("torch zip", name, torch(name), name === "tuned" ? config : [])),
    lens("torch zip", "zip64", torch("zip64")),
    lens("torch zip, deflated", "deflated", torch("deflated")),
    ...Array.from(torchVariants(2, 4, createDice(1)), ([name, bytes]) =>
      lens("torch zip, dtypes and views", name, bytes),
    ),
    ...legacy.map((name) => lens("torch legacy", name, torch(name))),
    { ...lens("Jacobian .pt", "jacobian", torch("jacobian")), model: modelOf(4, 4) },
    ...["views", "dtypes", "parameters", "oldest"].map((name) => ({
      ...lens("torch zip, other tensors", name, torch(name)),
      isTensorsOnly: true,
    })),
    ...["views-legacy", "dtypes-legacy", "legacy-views"].map((name) => ({
      ...lens("torch legacy, other tensors", name, torch(name)),
      isTensorsOnly: true,
    })),
  ];
}

const lenses = (file: string) => fixture(`lens/fixtures/lenses/${file}`);

/** Lenses of every dialect, with their configs. */
function dialectSeeds(): Seed[] {
  const seed = (name: string, config?: string): Seed => ({
    format: config ? "safetensors and config.json" : "safetensors",
    name: config ? `${name}, ${config}` : name,
    model: modelOf(3, 4),
    isTensorsOnly: false,
    files: [
      { name: "lens/params.safetensors", bytes: lenses(`${name}.safetensors`) },
      ...(config ? [{ name: "lens/config.json", bytes: lenses(`${config}.config.json`) }] : []),
    ],
  });
  const alone = ["current", "class", "adapter", "snapshot", "bias-only", "weight-only"];
  const jacobian = ["fp16", "fp32", "last", "missing", "plain"].map((name) => `jacobian-${name}`);
  const configs = ["current", "old", "old-no-input", "output", "probe"];
  return [
    ...[...alone, ...jacobian].map((name) => seed(name)),
    ...configs.map((name) => seed(name, name)),
    seed("current", "april2023"),
  ];
}

function otherTensorSeeds(): Seed[] {
  const current = openSafetensors(lenses("current.safetensors"));
  const arrays = new Map(
    Array.from(current.tensors, ([name, { shape }]) => [
      name,
      { shape, values: current.read(name) },
    ]),
  );
  const seed = (name: string, bytes: Uint8Array, isTensorsOnly: boolean): Seed => ({
    format: name.endsWith(".npz") ? "npz" : "safetensors",
    name,
    model: modelOf(3, 4),
    isTensorsOnly,
    files: [{ name, bytes }],
  });
  const files = ["arrays.npz", "arrays-deflated.npz", "versions.npz", "arrays.safetensors"];
  return [
    seed("lens.npz", npzOf(arrays, false), false),
    seed("lens-deflated.npz", npzOf(arrays, true), false),
    ...files.map((name) => seed(name, fixture(`format/fixtures/${name}`), true)),
  ];
}

const tiny = (name: string) => fixture(`model/fixtures/tiny/${name}`);
const tinyShards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

async function modelSeeds(): Promise<Seed[]> {
  const named = (names: readonly string[]) => names.map((name) => ({ name, bytes: tiny(name) }));
  const seed = (format: string, name: string, files: SeedFile[]): Seed => ({
    format,
    name,
    files: files.map((file) => ({ ...file, name: `tiny/${file.name}` })),
    model: modelOf(2, 8),
    isTensorsOnly: false,
  });
  const tokenizer = { name: "tokenizer.json", bytes: tiny("tokenizer.json") };
  const gguf = { name: "tiny.gguf", bytes: fixture("model/fixtures/tiny.gguf") };
  const config = { name: "config.json", bytes: tiny("config.json") };
  const whole = { name: "model.safetensors", bytes: await wholeModel() };
  const index = "model.safetensors.index.json";
  return [
    seed("GGUF", "tiny.gguf", [gguf]),
    ...["llama", "gpt2", "gptneox"].map((family) =>
      seed("GGUF", family, [
        { name: "a.gguf", bytes: fixture(`format/fixtures/tiny-${family}.gguf`) },
      ]),
    ),
    seed("GGUF", "tiny.gguf with its tokenizer", [gguf, tokenizer]),
    seed("Hugging Face model", "one file", [config, whole, tokenizer]),
    seed("Hugging Face model", "without a tokenizer", [config, whole]),
    seed("sharded model", "two files", [config, ...named([index, ...tinyShards]), tokenizer]),
  ];
}

/** The sharded model in one file. */
async function wholeModel(): Promise<Uint8Array> {
  const shards = new Map(tinyShards.map((name) => [name, tiny(name)]));
  const index = new TextDecoder().decode(tiny("model.safetensors.index.json"));
  const file = openShardedSafetensors(index, shards);
  const tensors = Array.from(
    file.tensors,
    ([name, { shape }]) => [name, { shape, values: file.read(name) }] as const,
  );
  const blob = safetensorsBlob(new Map(tensors), { format: "pt" });
  return new Uint8Array(await blob.arrayBuffer());
}

function zippedSeeds(): Seed[] {
  const files = [
    { name: "lens/config.json", data: config2x4 },
    { name: "lens/params.pt", data: torch("tuned") },
  ];
  const packed = files.map(({ name, data }) => ({
    name,
    data: deflateSync(data),
    size: data.length,
    crc: crc32(data),
    method: 8,
  }));
  const seed = (name: string, bytes: Uint8Array): Seed => ({
    format: "zipped folder",
    name,
    model: modelOf(2, 4),
    isTensorsOnly: false,
    files: [{ name: "lens.zip", bytes }],
  });
  return [
    seed("stored", zipOf(files)),
    seed("deflated", zipOf(packed)),
    seed(
      "a model's",
      zipOf(
        ["config.json", "model.safetensors.index.json", ...tinyShards].map((name) => ({
          name,
          data: tiny(name),
        })),
      ),
    ),
  ];
}

/** A gpt2 of a size, as far as lenses ask it: its final norm and its unembedding. */
function modelOf(nLayers: number, dModel: number): Model {
  const vocab = 7;
  const config: ModelConfig = {
    family: "gpt2",
    name: "tiny",
    nLayers,
    dModel,
    nHeads: 2,
    nKvHeads: 2,
    headDim: dModel / 2,
    dFeedForward: 4 * dModel,
    vocab,
    contextLength: 8,
    normEps: 1e-5,
    activation: "gelu_new",
    tied: true,
    rotary: null,
    attentionBias: true,
    mlpBias: true,
    parallelResidual: false,
  };
  const shapes = new Map<string, readonly number[]>([
    ["wte.weight", [vocab, dModel]],
    ["ln_f.weight", [dModel]],
  ]);
  const read = (name: string) =>
    new Float32Array((shapes.get(name) ?? []).reduce((a, b) => a * b, 1));
  return {
    info: { name: "tiny", family: "gpt2", nLayers, dModel, vocab, sha256: "0".repeat(64) },
    config,
    weights: {
      has: (name) => shapes.has(name),
      dtype: () => "F32",
      shape: (name) => shapes.get(name) ?? [],
      read,
      readRows: read,
    },
    tokenizer: { vocab, longestToken: 1, encode: () => [], decode: () => "", tokenText: () => "" },
    hasTokenizer: false,
    notice: null,
  };
}
