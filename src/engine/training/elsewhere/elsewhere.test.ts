import { expect, test } from "vitest";

import { openSafetensors } from "../../../format/safetensors";
import { openTorch } from "../../../format/torch";
import { openZip } from "../../../format/zip";
import { folder as filesOf, tinyLlama } from "../../../model/modelTesting";
import { openModel } from "../../../model/openModel";
import { trainElsewhereZip } from "./elsewhere";
import { randomText, randomTranslators, runOf } from "./elsewhereTesting";

const app = { name: "midthought", version: "0.1.0" };
const model = await openModel(filesOf(tinyLlama, "config.json", "model.safetensors"), "tiny-llama");
const { dModel, vocab } = model.info;
const text = await randomText(vocab);

test("trainElsewhereZip() holds scripts, the text as it was cut, and settings with every default filled in", async () => {
  const run = runOf(model, text, { method: "muon", positionsPerStep: 100, layers: [0, 2] });
  const entries = await openZip(await trainElsewhereZip(run, "someone/tiny-llama", app), 2 ** 24);
  const read = async (name: string) => new Uint8Array(await entries.get(name)!.read());
  const textOf = async (name: string) => new TextDecoder().decode(await read(name));
  expect([...entries.keys()]).toEqual([
    ...["README.md", "train.py", "batches.py", "lens.py", "model.py", "requirements.txt"],
    ...["settings.json", "text.safetensors", "text.jsonl"],
  ]);
  expect(await textOf("requirements.txt")).toMatch(/^torch==/m);

  const ids = openSafetensors(await read("text.safetensors"));
  for (const part of ["train", "heldOut"] as const) {
    expect(ids.tensors.get(part)!.shape).toEqual([text[part].length, 32]);
    expect([...ids.readInt32(part)]).toEqual(text[part].flatMap((sequence) => [...sequence]));
  }
  const lines = (await textOf("text.jsonl")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).text)).toEqual(text.documents);
  expect(JSON.parse(await textOf("settings.json"))).toEqual({
    format: "midthought-train-elsewhere/1",
    app,
    name: "mine",
    model: { ...model.info, baseModel: "someone/tiny-llama" },
    text: text.summary,
    start: run.start,
    settings: {
      ...run.settings,
      learningRate: 0.003,
      weightDecay: 0.01,
      ...{ steps: 4, schedule: "falling", rates: "same" },
      layers: [0, 2],
    },
  });
});

test("trainElsewhereZip() holds the lens that the training begins with", async () => {
  const [first, , last] = randomTranslators(model);
  const run = runOf(model, text, { start: "open" }, [first, null, last]);
  const zip = await trainElsewhereZip(run, null, app);
  const entries = await openZip(zip, 2 ** 24);
  const params = new Blob([await entries.get("start/params.pt")!.read()]);
  const tensors = await openTorch(params, 2 ** 20);
  expect(await tensors.read("0.weight")).toEqual(first.weight);
  expect(await tensors.read("1.weight")).toEqual(new Float32Array(dModel ** 2));
  const config = JSON.parse(
    new TextDecoder().decode(await entries.get("start/config.json")!.read()),
  );
  expect(config).toMatchObject({ d_model: dModel, base_model_name_or_path: "tiny-llama" });
});
