import { expect, test } from "vitest";

import { lensConfigJson, lensReceipt, lensTensors } from "./lensFolder";

const model = {
  name: "SmolLM2-135M-Instruct",
  family: "llama",
  nLayers: 30,
  dModel: 576,
  vocab: 49_152,
  sha256: "ab".repeat(32),
};

test("lensConfigJson has the keys of TunedLensConfig, in its order, and no others", () => {
  const text = lensConfigJson({ ...model, baseModel: "HuggingFaceTB/SmolLM2-135M-Instruct" }, null);
  expect(text).toBe(`{
  "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
  "d_model": 576,
  "num_hidden_layers": 30,
  "bias": true,
  "base_model_revision": null,
  "unembed_hash": null,
  "lens_type": "linear_tuned_lens"
}
`);
});

test("lensConfigJson says the unembedding's hash where there is one", () => {
  const config = JSON.parse(lensConfigJson({ ...model, baseModel: "gpt2" }, "cd".repeat(32)));
  expect(config).toMatchObject({ base_model_name_or_path: "gpt2", unembed_hash: "cd".repeat(32) });
});

test("lensReceipt says app, model, lens, parameters and date, and nothing else that it is given", () => {
  const params = { file: "params.pt", sha256: "12".repeat(32) };
  const lens = { kind: "tuned", name: "closed form", sha256: null } as const;
  const app = { name: "midthought", version: "0.1.0" };
  const extra = { ...lens, file: "/home/someone/params.pt" };
  expect(JSON.parse(lensReceipt({ app, model, lens: extra, params, date: "2026-11-24" }))).toEqual({
    format: "midthought-lens-receipt/1",
    app,
    model,
    lens,
    params,
    date: "2026-11-24",
  });
});

test("lensReceipt of a lens that was trained here has what the trainer says of it", () => {
  const params = { file: "params.pt", sha256: "12".repeat(32) };
  const lens = { kind: "tuned", name: "mine", sha256: params.sha256 } as const;
  const app = { name: "midthought", version: "0.1.0" };
  const training = { steps: 96, heldOutKl: { lens: [2.5, 0.25] } };
  const text = lensReceipt({ app, model, lens, params, date: "2026-11-24", training });
  expect(JSON.parse(text).training).toEqual(training);
});

test("lensTensors names weight and bias of each layer, in the library's order, without a copy", () => {
  const translators = Array.from({ length: 11 }, (_, layer) => ({
    weight: new Float32Array(4).fill(layer),
    bias: new Float32Array(2).fill(layer),
  }));
  const tensors = lensTensors(translators);
  expect([...tensors.keys()]).toEqual(
    translators.flatMap((_, layer) => [`${layer}.weight`, `${layer}.bias`]),
  );
  expect(tensors.get("10.weight")).toEqual({ shape: [2, 2], values: translators[10].weight });
  expect(tensors.get("10.bias")?.shape).toEqual([2]);
  expect(tensors.get("3.weight")?.values).toBe(translators[3].weight);
});
