import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { methodDefaults } from "../../../lens/optimizer";
import type { TrainingSettings } from "../../../lens/trainingSettings";
import { readUnembed } from "../../../model/model";
import { folder as filesOf, tinyLlama } from "../../../model/modelTesting";
import { openModel } from "../../../model/openModel";
import { inspectFiles } from "../../inspectFiles";
import { createCpuLens } from "../../lensCpu";
import { collect } from "../../lensGoldens";
import { openLens } from "../../openLens";
import { createOpenLenses } from "../../openLenses";
import type { TrainingReceipt } from "../../trainingProtocol";
import { targetsOf } from "../heldOut";
import { trainElsewhereZip } from "./elsewhere";
import {
  randomText,
  randomTranslators,
  readHidden,
  runOf,
  runPython,
  trainHere,
  unzip,
} from "./elsewhereTesting";

// As savedLens.test.ts: where Python is there, it runs what the zip holds.
const python = process.env.MIDTHOUGHT_PYTHON ?? "python3";
const wanted = ["torch", "safetensors", "transformers", "numpy"];
const probe = `import importlib.util as u; print(*[m for m in ${JSON.stringify(wanted)} if u.find_spec(m)])`;
const probed = spawnSync(python, ["-c", probe], { encoding: "utf8" });
const found = probed.stdout?.trim().split(" ") ?? [];
const isMissing = wanted.some((name) => !found.includes(name));
if (isMissing) {
  console.warn(
    `${python} has only [${found.join(" ")}] of ${wanted.join(", ")}: skipping what trains elsewhere. MIDTHOUGHT_PYTHON can name another Python.`,
  );
}

const app = { name: "midthought", version: "0.1.0" };
const model = await openModel(filesOf(tinyLlama, "config.json", "model.safetensors"), "tiny-llama");
const unembed = readUnembed(model);
const { nLayers, vocab } = model.info;
const text = await randomText(vocab);
const allLayers = Array.from({ length: nLayers }, (_, layer) => layer);

/**
 * Every method, start, loss, schedule and part between them; steps of more than a pass and a pool, of
 * more positions than are computed at once, and such that two processes share them unevenly.
 */
const jobs: Record<string, Partial<TrainingSettings>> = {
  closedForm: { method: "none" },
  adam: { method: "adam", positionsPerStep: 45, subset: { likeliest: 40, others: 60 } },
  muon: {
    method: "muon",
    start: "logit",
    steps: 4,
    positionsPerStep: 300,
    layers: [0, 2],
    clip: 1,
  },
  sgd: {
    ...{ method: "sgd", start: "open", loss: "crossEntropy", seed: 2 ** 32 - 5, clip: 1 },
    ...{ steps: 11, positionsPerStep: 33, subset: { likeliest: 16, others: 80 } },
  },
  bias: { method: "adam", parts: "bias", rates: "same", learningRate: 0.01, schedule: "falling" },
};
const names = Object.keys(jobs);
const runs = new Map(
  names.map((name) => {
    const start = jobs[name].start === "open" ? randomTranslators(model) : undefined;
    return [name, runOf(model, text, jobs[name], start)];
  }),
);

/** The largest difference of an array's values from others, in parts of the largest of those. */
function apart(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(actual[i] - value));
    size = Math.max(size, Math.abs(value));
  }
  return size === 0 ? difference : difference / size;
}

describe.skipIf(isMissing)("train.py of the zip", () => {
  let root: string;
  let known: ReadonlyMap<string, Float32Array[]>;
  const tiny = join(import.meta.dirname, "../../..", tinyLlama);

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "midthought-elsewhere-"));
    for (const [name, run] of runs)
      await unzip(await trainElsewhereZip(run, tiny, app), join(root, name));
    const script = [join(import.meta.dirname, "fixtures/run_jobs.py"), tiny];
    const folders = ["adam", ...names.filter((name) => name !== "adam")].map((name) =>
      join(root, name),
    );
    const torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"];
    runPython(python, [...torchrun, ...script, ...folders]);
    runPython(python, [...script, ...folders]);
    known = readHidden(join(root, "adam", "hidden.safetensors"), text);
  }, 400_000);
  afterAll(() => rmSync(root, { recursive: true }));

  const read = (...path: string[]) => new Uint8Array(readFileSync(join(root, ...path)));
  const receiptOf = (name: string, out: string) =>
    JSON.parse(new TextDecoder().decode(read(name, out, "receipt.json")));
  const heldOutKlOf = (name: string, out: string): TrainingReceipt["heldOutKl"] =>
    receiptOf(name, out).training.heldOutKl;

  /** What a run wrote, dropped on the page as a folder. */
  async function dropped(name: string, out: string) {
    const files = ["config.json", "params.pt", "receipt.json"].map((file) => ({
      name: `${out}/${file}`,
      blob: new Blob([read(name, out, file)]),
    }));
    const [lens] = (await inspectFiles(files)).filter((one) => one.kind === "lens");
    const lenses = createOpenLenses(nLayers, []);
    return lenses.named(await openLens(lens, model, lenses, { sha256: null, url: null }));
  }

  test.each(names)("%s trains the lens that the page trains, to the same figures", async (name) => {
    const run = runs.get(name)!;
    const here = await trainHere(run, unembed, known);
    const { translators, receipt } = await dropped(name, "two");
    expect(receipt?.training.heldOutKl).toEqual(heldOutKlOf(name, "two"));
    for (const layer of run.layers) {
      // Float32 beside float64: 3e-6 of Muon, 1e-6 of the others.
      for (const part of ["weight", "bias"] as const)
        expect(apart(translators[layer]![part], here.translators[layer]![part])).toBeLessThan(1e-5);
    }
    const heldOutKl = heldOutKlOf(name, "two");
    expect(heldOutKl.positions).toBe(here.figures.positions);
    for (const lens of ["lens", "logit", "start"] as const)
      for (const [i, kl] of here.figures[lens].entries())
        expect(heldOutKl[lens][i] / kl).toBeCloseTo(1, 5);
  });

  test.each(names)("%s trains on one process what it trains on two", async (name) => {
    const [one, two] = [await dropped(name, "one"), await dropped(name, "two")];
    for (const layer of allLayers) {
      for (const part of ["weight", "bias"] as const)
        expect(apart(one.translators[layer]![part], two.translators[layer]![part])).toBeLessThan(
          3e-6,
        );
    }
  });

  test.each([
    ["a sharded model", "sharded", "two"],
    ["a run that was cut off and goes on from its checkpoint", "resumed", "one"],
  ])("%s makes the same lens, bit for bit", async (_, out, other) => {
    const { translators } = await dropped("adam", out);
    expect(translators).toEqual((await dropped("adam", other)).translators);
  });

  test("layers that are not trained keep the start's translators", async () => {
    const { translators } = await dropped("muon", "two");
    expect(translators[1]!.weight.every((w) => w === 0)).toBe(true);
    expect(heldOutKlOf("muon", "two").lens).toHaveLength(2);
  });

  test("what it writes opens here, and has the held-out KL that its receipt says", async () => {
    const { info, translators } = await dropped("adam", "two");
    expect(info).toMatchObject({ kind: "tuned", nLayers, warnings: [] });
    const heldOutKl = heldOutKlOf("adam", "two");
    const sums = new Float64Array(nLayers);
    for (const ids of text.heldOut) {
      const request = { from: 0, to: ids.length, layers: allLayers, targets: targetsOf(ids), k: 1 };
      const hidden = known.get(String(ids))!;
      const rows = createCpuLens(unembed).read({ ...request, translators, hidden });
      for (const { row, klFromFinal } of await collect(rows))
        if (row !== "output") for (const kl of klFromFinal) sums[row] += kl / heldOutKl.positions;
    }
    for (const layer of allLayers) expect(heldOutKl.lens[layer] / sums[layer]).toBeCloseTo(1, 5);
  });

  test("its receipt says what was trained on what", () => {
    const receipt = receiptOf("adam", "two");
    expect(receipt.format).toBe("midthought-lens-receipt/1");
    expect(receipt.model).toEqual(model.info); // its weights are the page's, by their sha256
    expect(receipt.training).toMatchObject({
      ...{ text: text.summary, backend: "pytorch", processes: 2, steps: 8, ended: "done" },
      ...{ positions: 11 * 32 + 8 * 45, learningRate: methodDefaults.adam.learningRate },
      settings: { positionsPerStep: 45, schedule: "averaged", rates: "byLayer" },
    });
  });
});
