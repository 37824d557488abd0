import { beforeAll, expect, test } from "vitest";

import { defaultSettings } from "../../lens/trainingDefaults";
import { random } from "../../math/random";
import { connectEngine } from "../client";
import { fixtureBytes } from "../fixtureBytes";
import type { BackendChoice, Engine, NamedBlob } from "../protocol";
import type { TrainingReport } from "../trainingProtocol";

const ignore = () => {};
const app = { name: "midthought", version: "1" };

async function file(path: string): Promise<NamedBlob> {
  const bytes = await fixtureBytes(path);
  return { name: path.replace(/.*\//, ""), blob: new Blob([bytes]) };
}

/** The engine in a worker of its own, as a tab has it, with the tiny model open. */
async function openTab(backend: BackendChoice = "wasm") {
  const engine = connectEngine();
  await openTiny(engine, "tiny-llama", backend);
  return engine;
}

async function openTiny(engine: Engine, name: string, backend: BackendChoice = "wasm") {
  const files = [await file(`${name}/config.json`), await file(`${name}/model.safetensors`)];
  await engine.openModel({ kind: "model", name, files }, backend, ignore);
}

/** Token ids that follow one another by a rule, and now and then do not. */
function textOf(tokens: number): string {
  const uniform = random(3);
  const ids = [5];
  while (ids.length < tokens) {
    const isRule = uniform() < 0.8;
    ids.push(isRule ? (ids[ids.length - 1] * 7 + 3) % 199 : Math.floor(uniform() * 199));
  }
  return ids.join(" ");
}

const engine = await openTab();
const settings = { ...defaultSettings, steps: 150, learningRate: 1e-3 };

beforeAll(async () => {
  await engine.discardRun();
  const source = { kind: "text", name: "pasted", text: textOf(1600) } as const;
  await engine.prepareText(source, { sequenceLength: 32, heldOut: 256 }, ignore);
});

test("a lens that was trained here is open, lower in KL than the logit lens, and saved as one file", async () => {
  const reports: TrainingReport[] = [];
  const trained = await engine.train(settings, "mine", app, (report) => {
    reports.push(report);
  });
  expect(trained).toMatchObject({
    lens: "mine",
    notice: null,
    receipt: { ended: "done", steps: 150 },
  });
  expect(trained.report.heldOutKl).toBeLessThan(trained.report.logitHeldOutKl);
  expect(reports.map(({ phase }) => phase)).toContain("closedForm");

  const { lenses } = await engine.info();
  const open = lenses.find(({ name }) => name === "mine");
  const folder = await engine.saveLens("mine", "folder", app);
  const [found] = await engine.inspect([{ name: "mine.zip", blob: folder }]);
  expect(found.kind).toBe("lens");
  if (found.kind === "lens") expect(await engine.openLens(found, open!.sha256, null)).toBe("mine");
  const receipt = { training: trained.receipt, isGiven: false };
  expect(await engine.receipt("mine")).toEqual(receipt);
  await engine.read({ prompt: "1 2 3", lens: "mine" }, ignore);
  expect(await engine.savedRun()).toBe(null);
});

test("two tabs do not train at once, and one that is closed leaves its training to the other", async () => {
  const other = await openTab();
  const source = { kind: "text", name: "pasted", text: textOf(1600) } as const;
  await other.prepareText(source, { sequenceLength: 32, heldOut: 256 }, ignore);
  let isSaved = ignore;
  const saved = new Promise<void>((resolve) => {
    isSaved = resolve;
  });
  const training = other.train(settings, "theirs", app, async ({ step }) => {
    if (step > 0) void other.pauseTraining().then(isSaved);
  });
  await saved;
  expect(await engine.savedRun()).toBe(null);
  await expect(engine.train(settings, "mine", app, ignore)).rejects.toThrow(
    "Another tab of this page is training. Let it finish there, or cancel it, then train here.",
  );

  const reopened = openTiny(other, "tiny-gpt2");
  await expect(training).rejects.toThrow("It can go on when the model is back.");
  await reopened;
  const [theirModel, ours] = [await engine.info(), await other.info()].map(({ model }) => model);
  const refusal = await other.resumeTraining(app, ignore).catch((error: Error) => error.message);
  expect(refusal).toContain(`tiny-llama (sha256 ${theirModel.sha256})`);
  expect(refusal).toContain(`tiny-gpt2 (sha256 ${ours.sha256})`);

  const run = await engine.savedRun();
  expect(run).toMatchObject({
    isOfModel: true,
    settings,
    lens: "theirs",
    report: { phase: "steps" },
  });
  const trained = await engine.resumeTraining(app, ignore);
  expect(trained).toMatchObject({ lens: "theirs", receipt: { ended: "done", steps: 150 } });

  // It came to what the training that nobody interrupted did.
  const mine = (await engine.info()).lenses.find(({ name }) => name === "mine");
  const theirs = (await engine.info()).lenses.find(({ name }) => name === "theirs");
  expect(theirs?.sha256).toBe(mine?.sha256);
  expect(await engine.savedRun()).toBe(null);
});

// Both draw the same positions and, of so small a vocabulary, all tokens: they differ by float32's rounding.
// Measured: 7e-8. The sixth step is the first one of a second pool.
test("a training on WebGPU lowers the KL of its start, and comes to what wasm does", async () => {
  const onGpu = await openTab("webgpu");
  const source = { kind: "text", name: "pasted", text: textOf(300) } as const;
  const few = { ...defaultSettings, steps: 6 };
  const reports: TrainingReport[] = [];
  for (const tab of [onGpu, engine]) {
    await tab.prepareText(source, { sequenceLength: 32, heldOut: 32 }, ignore);
    const trained = await tab.train(few, "compared", app, ignore);
    const backend = tab === onGpu ? "webgpu" : "wasm";
    expect(trained).toMatchObject({ notice: null, receipt: { backend, ended: "done", steps: 6 } });
    reports.push(trained.report);
  }
  const [ours, theirs] = reports;
  expect(ours.heldOutKl).toBeLessThan(ours.startHeldOutKl);
  for (const name of ["logitHeldOutKl", "startHeldOutKl", "heldOutKl"] as const)
    expect(Math.abs(ours[name] / theirs[name] - 1), name).toBeLessThan(1e-5);
  await onGpu.read({ prompt: "1 2 3", lens: "compared" }, ignore);
});
