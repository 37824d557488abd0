import { describe, expect, test } from "vitest";

import { FormatError, LensMismatchError } from "../errors";
import type { LensConfig } from "./lensConfig";
import { readLensFile } from "./lensFile";
import { configOf, fileOf, openConfig, openFixture, tiny, tunedShapes } from "./lensTesting";

const current = readLensFile(await openFixture("current"), await openConfig("current"), tiny);

const whole = [
  ["the list of translators", "current", null],
  ["its config of April 2023", "current", "april2023"],
  ["the class's own state dict", "class", "current"],
  ["the class's own, without a config", "class", null],
  ["a compiled module's", "compiled", "current"],
  ["a distributed module's", "ddp", null],
  ["version 0.0.5's", "old", "old"],
  ["version 0.0.5's, without a config", "old", null],
  ["adapters, of February 2023", "adapter", null],
  ["probes, of January 2023", "probe", "probe"],
  ["a config's beside the list", "current", "old"],
  ["one for the output too, of October 2022", "output", "output"],
  ["a training's snapshot", "snapshot", null],
] as const;

test.each(whole)("readLensFile() reads the same translators from %s", async (_, name, config) => {
  const lens = await readLensFile(await openFixture(name), await openConfig(config), tiny);
  expect(lens.kind).toBe("tuned");
  expect(lens.translators).toEqual((await current).translators);
  expect(lens.missing).toEqual([]);
});

test("readLensFile() keeps weights and biases as the file has them, layer by layer", async () => {
  const file = await openFixture("current");
  const { translators, warnings } = await current;
  expect(translators).toHaveLength(3);
  for (const [layer, translator] of translators.entries()) {
    expect(translator).toEqual({
      weight: file.read(`${layer}.weight`),
      bias: file.read(`${layer}.bias`),
    });
  }
  expect(warnings).toEqual([]);
});

test.each([
  ["its config", "old-no-input"],
  ["what it calls the unembedding", null],
])("readLensFile() knows by %s that layer 0 has no translator", async (_, config) => {
  const lens = await readLensFile(
    await openFixture("old-no-input"),
    await openConfig(config),
    tiny,
  );
  expect(lens.missing).toEqual([0]);
  expect(lens.translators).toEqual([null, ...(await current).translators.slice(1)]);
});

test("readLensFile() knows by the config alone which class a list is of", async () => {
  const shapes = { "layer_translators.0.bias": [4], "layer_translators.1.bias": [4] };
  const config = configOf({ include_input: false });
  expect((await readLensFile(fileOf(shapes), config, tiny)).missing).toEqual([0]);
  const shallow = { ...tiny, nLayers: 2 };
  expect((await readLensFile(fileOf(shapes), null, shallow)).missing).toEqual([]);
});

test.each(["bias-only", "zero-weights"])(
  "readLensFile() reads %s as zero weights that the layers share",
  async (name) => {
    const lens = await readLensFile(await openFixture(name), null, tiny);
    const weight = new Float32Array(16);
    expect(lens.translators).toEqual(
      (await current).translators.map((translator) => ({ ...translator, weight })),
    );
    expect(lens.translators[1]?.weight).toBe(lens.translators[0]?.weight);
  },
);

test("readLensFile() reads a lens without biases with zeros in their place", async () => {
  const lens = await readLensFile(await openFixture("weight-only"), null, tiny);
  expect(lens.translators).toEqual(
    (await current).translators.map((translator) => ({ ...translator, bias: new Float32Array(4) })),
  );
});

test("readLensFile() warns of what it leaves aside", async () => {
  const warningsOf = async (name: string, config: LensConfig | null) =>
    (await readLensFile(await openFixture(name), config, tiny)).warnings.join(" ");
  expect(await warningsOf("probe", await openConfig("probe"))).toMatch(/after attention/);
  expect(await warningsOf("output", await openConfig("output"))).toMatch(/for the output/);
  expect(await warningsOf("snapshot", null)).toMatch(/snapshot/);
  expect(await warningsOf("current", configOf({ bias: false }))).toMatch(/no biases/);
  expect(await warningsOf("weight-only", configOf({ bias: true }))).toMatch(/zeros are used/);
  expect(await warningsOf("current", configOf({ vocab_size: 50_304 }))).toMatch(
    /50,304 tokens, and tiny has 7/,
  );
  expect(await warningsOf("current", configOf({ a: 1, b: 2, c: 3, d: 4, e: 5 }))).toMatch(
    /a, b, c and 2 more/,
  );
});

test.each([
  ["HuggingFaceTB/SmolLM2-135M", "SmolLM2-135M", false],
  ["/home/me/models/SmolLM2-135M/", "smollm2-135m.Q4_K_M", false],
  ["SmolLM2-135M", "SmolLM2-135M-f16", false],
  ["SmolLM2-135M", "SmolLM2-135M-Instruct", true],
  ["gpt2", "gpt2-large", true],
])("a lens for %s, used with %s: it warns of another model: %s", async (baseModel, name, warns) => {
  const config = configOf({ base_model_name_or_path: baseModel });
  const { warnings } = await readLensFile(await openFixture("current"), config, { ...tiny, name });
  expect(warnings.length).toBe(warns ? 1 : 0);
});

describe("readLensFile() refuses, before anything is read,", () => {
  const smol = { name: "SmolLM2-135M-Instruct", nLayers: 30, dModel: 576 };
  const pythia = configOf({ base_model_name_or_path: "EleutherAI/pythia-410m-deduped" });

  test.each([
    [
      "with the name of its model where it says that",
      pythia,
      "This lens is for another model. It has 24 layers of width 1,024; SmolLM2-135M-Instruct has 30 of 576. Open pythia-410m-deduped, or drop a lens for SmolLM2-135M-Instruct.",
    ],
    [
      "without a name where there is none",
      null,
      "This lens is for another model. It has 24 layers of width 1,024; SmolLM2-135M-Instruct has 30 of 576. Open that model, or a lens made for this one.",
    ],
    [
      "without a name that is this model's",
      configOf({ base_model_name_or_path: "HuggingFaceTB/SmolLM2-135M-Instruct" }),
      /Open that model/,
    ],
  ])("a lens for another model, %s", async (_, config, sentence) => {
    const file = fileOf(tunedShapes(24, 1024));
    const refused = readLensFile(file, config, smol);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(LensMismatchError);
    expect(file.wasRead).toEqual([]);
  });

  test.each([
    ["one layer more", 31, 576],
    ["one layer less", 29, 576],
    ["another width", 30, 575],
  ])("a lens of %s", async (_, nLayers, width) => {
    const file = fileOf(tunedShapes(nLayers, width));
    await expect(readLensFile(file, null, smol)).rejects.toBeInstanceOf(LensMismatchError);
    expect(file.wasRead).toEqual([]);
  });

  const shapes = tunedShapes(3, 4);
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(shapes).filter(([name]) => !names.includes(name)));

  test.each<[string, Record<string, readonly number[]>, object | null, string | RegExp]>([
    ["no tensors", {}, null, "no tensors"],
    ["no translators", { "layer_norm.weight": [4] }, null, "no translators"],
    ["a layer that is not there", without("1.weight", "1.bias"), null, "no weight for layer 1"],
    [
      "a first layer that is not there",
      without("0.weight", "0.bias"),
      null,
      "no weight for layer 0",
    ],
    ["a weight that is not there", without("2.weight"), null, "no weight for layer 2"],
    ["a bias that is not there", without("1.bias"), null, "no bias for layer 1"],
    [
      "another shape in one layer",
      { ...shapes, "1.weight": [4, 3] },
      null,
      "1.weight is [4, 3], expected [4, 4].",
    ],
    [
      "another shape of a bias",
      { ...shapes, "2.bias": [1, 4] },
      null,
      "2.bias is [1, 4], expected [4].",
    ],
    ["a scalar", { ...shapes, "0.weight": [] }, null, "0.weight is []"],
    [
      "matrices to the vocabulary",
      { "0.weight": [7, 4], "0.bias": [7] },
      null,
      "reuse_unembedding",
    ],
    [
      "a model's file",
      { "model.embed_tokens.weight": [7, 4] },
      null,
      /model\.embed_tokens\.weight.*config\.json/,
    ],
    ["a number that none has", { ...shapes, "00.weight": [4, 4] }, null, "00.weight"],
    ["a number past any model's", { ...shapes, "9999999.weight": [4, 4] }, null, "9999999.weight"],
    [
      "two of one layer",
      { ...shapes, "module.1.weight": [4, 4] },
      null,
      "two translators for layer 1",
    ],
    [
      "fewer layers than its config says",
      shapes,
      { num_hidden_layers: 12 },
      "The lens has 12 layers by the config and 3 by the parameters.",
    ],
    [
      "another width than its config says",
      shapes,
      { d_model: 768 },
      "The lens has width 768 by the config and 4 by the parameters.",
    ],
    ["another type", shapes, { lens_type: "mlp_lens" }, "mlp_lens"],
    [
      "no input_translator where its config says that there is one",
      { "layer_translators.0.weight": [4, 4] },
      { include_input: true },
      "incomplete",
    ],
    ["low rank", shapes, { rank: 64 }, "trained with rank"],
  ])("a lens of %s", async (_, tensors, config, sentence) => {
    const file = fileOf(tensors);
    const refused = readLensFile(file, config && configOf(config), tiny);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
    expect(file.wasRead).toEqual([]);
  });

  test.each([
    ["other-extra", "other-extra", "trained with extra_layers"],
    ["other-extra", null, "trained with extra_layers"],
    ["other-rank", null, "input_probe.u, input_probe.v"],
    ["other-fit", null, "This is a checkpoint of a Jacobian lens's fit"],
  ])("%s", async (name, config, sentence) => {
    const file = await openFixture(name);
    const refused = readLensFile(file, await openConfig(config), tiny);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });

  test("another model by a name that would break the sentence, which it does not", async () => {
    const config = configOf({ base_model_name_or_path: "a/one\u202e\n. Two" });
    const other = { name: "three! Four\u0000", nLayers: 30, dModel: 576 };
    const refused = readLensFile(fileOf(tunedShapes(24, 1024)), config, other);
    await expect(refused).rejects.toThrow(
      "has 24 layers of width 1,024; three!␣Four\ufffd has 30 of 576. Open one\ufffd\ufffd.␣Two, or drop a lens for three!␣Four\ufffd.",
    );
  });

  test("200,000 tensors, and a name of a million characters, in a few words", async () => {
    const many = Array.from({ length: 200_000 }, (_, i) => [`${i}.weight`, [4, 4]] as const);
    const file = fileOf(Object.fromEntries(many));
    await expect(readLensFile(file, null, tiny)).rejects.toThrow("This file holds 200,000 tensors");

    for (const name of ["module.".repeat(150_000), "x\n\u202e".repeat(300_000)]) {
      for (const last of ["0.weight", "nothing"]) {
        const shape = Array<number>(100_000).fill(4);
        const refused = readLensFile(fileOf({ [name + last]: shape }), null, tiny);
        const sentence = await refused.catch((error: Error) => error.message);
        expect(sentence).not.toMatch(/\p{C}/u);
        expect(String(sentence).length).toBeLessThan(400);
      }
    }
  });
});

test.each([Number.NaN, Infinity, -Infinity])(
  "readLensFile() names the tensor that holds %s",
  async (value) => {
    const file = fileOf(tunedShapes(3, 4), {}, value);
    await expect(readLensFile(file, null, tiny)).rejects.toThrow(
      "0.weight holds numbers that are not finite",
    );
    expect(file.wasRead).toEqual(["0.weight"]);
  },
);

test("readLensFile() refuses a tensor that does not hold what its shape says", async () => {
  const file = { ...fileOf(tunedShapes(3, 4)), read: () => new Float32Array(5) };
  await expect(readLensFile(file, null, tiny)).rejects.toThrow(
    "0.weight has 5 numbers, expected 16",
  );
});
