import { describe, expect, test } from "vitest";

import { FormatError, LensMismatchError } from "../errors";
import { readLensFile } from "./lensFile";
import { configOf, fileOf, openFixture, tiny } from "./lensTesting";

const fp16 = readLensFile(await openFixture("jacobian-fp16"), null, tiny);

test.each(["jacobian-fp32", "jacobian-plain", "jacobian-identity"])(
  "readLensFile() reads the same translators from %s as from float16",
  async (name) => {
    const lens = await readLensFile(await openFixture(name), null, tiny);
    expect(lens).toEqual(await fp16);
    expect(lens).toMatchObject({ kind: "jacobian", missing: [0], warnings: [] });
  },
);

test("J of block l becomes the translator of layer l + 1: h + (J − I) h is J h", async () => {
  const file = await openFixture("jacobian-fp32");
  const { translators } = await fp16;
  const h = [3, -1, 0.5, 8];
  const product = (matrix: Float32Array, out: number) =>
    h.reduce((sum, x, k) => sum + matrix[out * 4 + k] * x, 0);
  for (const layer of [1, 2]) {
    const { weight, bias } = translators[layer]!;
    for (const out of [0, 1, 2, 3]) {
      const translated = h[out] + product(weight, out) + bias[out];
      expect(translated).toBeCloseTo(product(file.read(`J.${layer - 1}`), out), 5);
    }
  }
});

test("readLensFile() lists the layers that a Jacobian lens was not fitted for", async () => {
  const lens = await readLensFile(await openFixture("jacobian-missing"), null, tiny);
  expect(lens.missing).toEqual([0, 1]);
  expect(lens.translators).toEqual([null, null, (await fp16).translators[2]]);
});

test("readLensFile() leaves a Jacobian of the last block aside, and says so", async () => {
  const lens = await readLensFile(await openFixture("jacobian-last"), null, tiny);
  expect(lens.translators).toEqual((await fp16).translators);
  expect(lens.warnings).toEqual([expect.stringContaining("of the last block is not used")]);
});

test("readLensFile() warns of a lens that ends long before the model does", async () => {
  const deep = { ...tiny, nLayers: 6 };
  const { warnings, missing } = await readLensFile(await openFixture("jacobian-fp16"), null, deep);
  expect(warnings).toEqual([expect.stringContaining("no Jacobian after block 1 of 0 … 5")]);
  expect(missing).toEqual([0, 3, 4, 5]);
});

test("readLensFile() takes numbers and lists as torch files hold them", async () => {
  const file = fileOf(
    { "J.0": [4, 4], "J.1": [4, 4] },
    {
      d_model: 4,
      n_prompts: 100n,
      source_layers: [1, 0],
      provenance: "a corpus",
    },
  );
  const { translators } = await readLensFile(file, null, tiny);
  expect(Array.from(translators[1]!.weight)).toEqual(
    Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 0 : 1)),
  );
});

test("readLensFile() takes them as arrays, as .npz files hold them", async () => {
  const shapes = { "J.0": [4, 4], d_model: [], n_prompts: [], source_layers: [1] };
  const file = fileOf(shapes);
  expect((await readLensFile(file, null, tiny)).missing).toEqual([0, 2]);
  expect(file.wasRead).toEqual(["J.0"]);
});

describe("readLensFile() refuses, before anything is read,", () => {
  const two = { "J.0": [4, 4], "J.1": [4, 4] };

  test.each<[string, Record<string, readonly number[]>, object, string | RegExp]>([
    ["two shapes", { "J.0": [4, 4], "J.1": [4, 5] }, {}, "J.1 is [4, 5], expected [4, 4]."],
    ["a vector", { "J.0": [4] }, {}, "J.0 is [4], expected [4, 4]."],
    ["a scalar", { "J.0": [] }, {}, "J.0 is [], expected a square matrix."],
    [
      "another d_model than it says",
      two,
      { d_model: 8 },
      "d_model 8, and its matrices are of width 4",
    ],
    [
      "blocks that it lists and lacks",
      two,
      { source_layers: [0, 1, 2] },
      /does not hold, the blocks 2/,
    ],
    ["blocks that it does not list", two, { source_layers: "[1]" }, /does not list, the blocks 0/],
    ["what is no list of blocks", two, { source_layers: [null, 1] }, /no list of whole numbers/],
    ["no prompts", two, { n_prompts: 0 }, "mean over 0 prompts"],
    ["something else", { ...two, "0.weight": [4, 4] }, {}, "0.weight"],
    ["a block before the first", { ...two, "J.-1": [4, 4] }, {}, "J.-1"],
    ["two of one block", { ...two, 1: [4, 4] }, {}, "two matrices for block 1"],
    ["nothing but the last block's", { "J.2": [4, 4] }, {}, "nothing to read"],
    [
      "sums that a fit goes on from",
      { "jacobian_sum.0": [4, 4] },
      { n_done: 12, next_idx: 13 },
      "This is a checkpoint of a Jacobian lens's fit after 12 prompts, not a lens",
    ],
    ["a fit that has not begun", {}, { n_done: 0, next_idx: 0 }, "checkpoint"],
  ])("a Jacobian lens with %s", async (_, tensors, metadata, sentence) => {
    const file = fileOf(tensors, metadata as Record<string, unknown>);
    const refused = readLensFile(file, null, tiny);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
    expect(file.wasRead).toEqual([]);
  });

  test.each([
    ["another width", [0, 1], 8, null, "It has at least 2 layers of width 8; tiny has 3 of 4."],
    ["more blocks", [0, 3], 4, null, "It has at least 4 layers of width 4; tiny has 3 of 4."],
    ["more layers by its config", [0, 1], 4, 12, "It has 12 layers of width 4; tiny has 3 of 4."],
  ])("a Jacobian lens of %s, as for another model", async (_, blocks, width, layers, sentence) => {
    const file = fileOf(Object.fromEntries(blocks.map((block) => [`J.${block}`, [width, width]])));
    const config = layers === null ? null : configOf({ num_hidden_layers: layers });
    const refused = readLensFile(file, config, tiny);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(LensMismatchError);
    expect(file.wasRead).toEqual([]);
  });

  test("numbers for names where nothing says that they are blocks", async () => {
    await expect(readLensFile(fileOf({ 0: [4, 4] }), null, tiny)).rejects.toThrow("it holds 0.");
  });
});

test("readLensFile() names the Jacobian that is not finite", async () => {
  const file = fileOf({ "J.1": [4, 4] }, {}, Number.NaN);
  await expect(readLensFile(file, null, tiny)).rejects.toThrow(
    "J.1 holds numbers that are not finite",
  );
});
