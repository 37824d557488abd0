import { expect, test } from "vitest";

import type { TrainingSettings } from "../lens/trainingSettings";
import { closedSentence, receiptLayers, receiptRows, receiptSoFar } from "./receiptWords";
import { receipt, report, settings, text } from "./trainTesting";

const nats = { unit: "nats", bitsPerByte: 0.34 } as const;
const lines = (rows: ReturnType<typeof receiptRows>) =>
  Object.fromEntries(rows.map(({ name, lines }) => [name, lines]));

test("receiptRows are all that decides what a lens is, and what it is worth", () => {
  expect(lines(receiptRows(receipt, nats))).toEqual({
    "Held-out KL": ["logit lens 20.0", "closed form 2.33", "trained 1.75 nats"],
    Text: ["pasted, 84,512 characters", "sha256 5f1c 09e2 … 77ab"],
    Positions: ["18,432; 1,024 held out"],
    Start: ["closed form, ridge 0.001"],
    Method: ["Adam, 96 steps of 64", "rate 0.001 falling to 0"],
    Seed: ["0"],
    Model: ["SmolLM2-135M-Instruct", "sha256 b179 c952 … db53"],
    Time: ["2 min 41 s, wasm, 2 threads"],
    "Made by": ["midthought 0.1.0"],
  });
});

test("receiptRows say which step the lens is of, where it is not the last", () => {
  const methodOf = (lensStep: number) => lines(receiptRows({ ...receipt, lensStep }, nats)).Method;
  expect(methodOf(72).at(-1)).toBe("the lens is of step 72");
  expect(methodOf(0).at(-1)).toBe("the lens is what they began with");
  expect(methodOf(96)).not.toContain("the lens is of step 96");
});

test("receiptRows say KL in the page's unit", () => {
  const [{ lines }] = receiptRows(receipt, { unit: "bits per byte", bitsPerByte: 0.5 });
  expect(lines.at(-1)).toBe("trained 0.88 bits per byte");
});

test("receiptRows name what is not as usual", () => {
  const other = { ...settings, layers: [0, 2], loss: "crossEntropy", parts: "bias" } as const;
  const rows = lines(receiptRows({ ...receipt, settings: other }, nats));
  expect(rows.Trained).toEqual([
    "layers 0, 2 only",
    "cross entropy of the next token",
    "bias only",
  ]);
});

test("receiptRows of a training elsewhere name its machine, and no layers where all are named", () => {
  const all = { ...settings, layers: [0, 1, 2] };
  const elsewhere = { ...receipt, settings: all, backend: "pytorch" } as const;
  expect(lines(receiptRows(elsewhere, nats)).Time).toEqual(["2 min 41 s, PyTorch, 2 threads"]);
  expect(lines(receiptRows(elsewhere, nats)).Trained).toBeUndefined();
  const onGpu = lines(receiptRows({ ...elsewhere, adapter: "NVIDIA H100" }, nats));
  expect(onGpu.Time).toEqual(["2 min 41 s, PyTorch, NVIDIA H100"]);
});

test("receiptRows name what the steps were told besides", () => {
  const other = {
    ...settings,
    clip: 0.5,
    subset: { likeliest: 512, others: 2048 },
    maxSeconds: 60,
  } as const;
  const rows = lines(receiptRows({ ...receipt, settings: other, weightDecay: 0.02 }, nats));
  expect(rows.Trained).toEqual([
    "weight decay 0.02",
    "gradient clipped at 0.5",
    "512 likeliest tokens, 2,048 others",
    "for at most 60 s",
  ]);
  const short = { ...text, sequenceLength: 64 };
  expect(lines(receiptRows({ ...receipt, text: short }, nats)).Text).toContain(
    "in sequences of 64",
  );
});

test("receiptRows of Muon with its own weight decay do not name it", () => {
  const muon = { ...settings, method: "muon" } as const;
  const decayed = (weightDecay: number) =>
    lines(receiptRows({ ...receipt, settings: muon, weightDecay }, nats)).Trained;
  expect(decayed(0.01)).toBeUndefined();
  expect(decayed(0)).toEqual(["weight decay 0"]);
});

test("receiptRows of a closed form alone name nothing that only steps know", () => {
  const alone = { ...settings, method: "none", clip: 1, subset: null, weightDecay: 1 } as const;
  const rows = lines(receiptRows({ ...receipt, settings: alone, steps: 0, lensStep: 0 }, nats));
  expect(rows.Trained).toBeUndefined();
  expect(rows.Method).toBeUndefined();
});

/** Each is another lens than `settings` make, in a receipt as the engine writes it. */
const others: Readonly<Record<keyof TrainingSettings, Partial<TrainingSettings>>> = {
  start: { start: "logit" },
  startLens: { start: "open", startLens: "mine" },
  method: { method: "muon" },
  loss: { loss: "crossEntropy" },
  layers: { layers: [1] },
  steps: { steps: 200 }, // stopped at 96 of them
  positionsPerStep: { positionsPerStep: 48 },
  learningRate: { learningRate: 0.01 },
  schedule: { schedule: "averaged" },
  rates: { rates: "byLayer" },
  weightDecay: { weightDecay: 0.1 },
  clip: { clip: 1 },
  ridge: { ridge: 0.1 },
  subset: { subset: { likeliest: 1024, others: 512 } },
  parts: { parts: "bias" },
  seed: { seed: 1 },
  maxSeconds: { maxSeconds: 300 },
};

test.each(Object.entries(others))("receiptRows of another %s are others", (_, change) => {
  const rowsOf = (change: Partial<TrainingSettings>) => {
    const given = { ...settings, ...change };
    const { learningRate, weightDecay, schedule, rates } = given;
    const recipe = {
      learningRate: learningRate ?? receipt.learningRate,
      weightDecay: weightDecay ?? receipt.weightDecay,
      schedule: schedule ?? receipt.schedule,
      rates: rates ?? receipt.rates,
    };
    const rows = receiptRows({ ...receipt, ...recipe, settings: given }, nats);
    return rows.filter(({ name }) => name !== "Held-out KL"); // the figures may be alike
  };
  expect(rowsOf(change)).not.toEqual(rowsOf({}));
});

test("receiptRows tell two lenses of one name apart that trainings start from", () => {
  const startOf = (sha256: string | null) =>
    lines(
      receiptRows(
        {
          ...receipt,
          settings: { ...settings, start: "open", startLens: "mine" },
          start: { kind: "open", name: "mine", sha256 },
        },
        nats,
      ),
    ).Start;
  expect(startOf("ab".repeat(32))).toEqual(["mine", "sha256 abab abab … abab"]);
  expect(startOf(null)).toEqual(["mine"]);
});

test("receiptRows of steps that were cut short say of how many, for the rate falls with those", () => {
  const methodOf = (change: Partial<typeof settings>) =>
    lines(receiptRows({ ...receipt, settings: { ...settings, ...change }, steps: 40 }, nats))
      .Method[0];
  expect(methodOf({ steps: 96 })).toBe("Adam, 40 of 96 steps of 64");
  expect(methodOf({ steps: null })).toBe("Adam, 40 of 288 steps of 64"); // a pass over 18,432
  expect(methodOf({ steps: 40 })).toBe("Adam, 40 steps of 64");
});

const run = {
  text,
  settings,
  report,
  measured: report,
  model: receipt.model,
  machine: receipt,
  version: "0.1.0",
};
const kl = (change: Partial<typeof run>) =>
  lines(receiptSoFar({ ...run, ...change }, nats))["Held-out KL"];

test("receiptSoFar has the three KLs as they stand", () => {
  expect(kl({})).toEqual(["logit lens 20.0", "closed form 2.50", "trained 2.00 nats"]);
});

test("receiptSoFar has no figure that is not measured yet", () => {
  const at = (phase: "start" | "closedForm") => ({ ...report, phase, step: 0 });
  expect(kl({ measured: at("closedForm") })).toEqual(["logit lens 20.0", "closed form 2.00 nats"]);
  expect(kl({ measured: at("start") })).toEqual(["logit lens 20.0"]);
});

test("receiptSoFar names what the steps begin with until one is measured", () => {
  const measured = { ...report, step: 0 };
  const of = (change: Partial<typeof settings>) =>
    kl({ measured, settings: { ...settings, ...change } });
  expect(of({ start: "open", startLens: "mine" })).toEqual(["logit lens 20.0", "mine 2.00 nats"]);
  expect(of({ start: "logit" })).toEqual(["logit lens 20.0"]);
});

test("receiptSoFar has a schedule that was chosen, before the method's rate is known", () => {
  expect(lines(receiptSoFar(run, nats)).Method).toEqual([
    "Adam, 41 of 96 steps of 64",
    "rate falling to 0",
  ]);
  const own = { ...run, settings: { ...settings, schedule: null } };
  expect(lines(receiptSoFar(own, nats)).Method).toEqual(["Adam, 41 of 96 steps of 64"]);
});

test("receiptRows of a lens that took no step call it what it is", () => {
  expect(lines(receiptRows({ ...receipt, steps: 0, lensStep: 0 }, nats))["Held-out KL"]).toEqual([
    "logit lens 20.0",
    "closed form 1.75 nats",
  ]);
});

test("closedSentence says of which model a lens is that is no longer open", () => {
  const lens = { kind: "tuned", name: "mine", sha256: null } as const;
  const { model } = receipt;
  expect(closedSentence(receipt, "mine", { model, lenses: [lens] })).toBeNull();
  expect(closedSentence(receipt, "mine", { model, lenses: [] })).toBe(
    "This lens is of SmolLM2-135M-Instruct: it is no longer open.",
  );
  const another = { ...model, name: "tiny", sha256: "0".repeat(64) };
  // A lens of that name is another model's.
  expect(closedSentence(receipt, "mine", { model: another, lenses: [lens] })).toBe(
    "This lens is of SmolLM2-135M-Instruct, and tiny is the model now: it is no longer open.",
  );
});

const tableOf = (change: Partial<typeof receipt>) => {
  const { lenses, rows } = receiptLayers({ ...receipt, ...change });
  return [
    ["layer", ...lenses.map(({ name }) => name)],
    ...rows.map(({ layer, cells }) => [layer, ...cells.map(({ nats }) => nats)]),
  ];
};

test("receiptLayers are of each layer, beside the logit lens and what the training began with", () => {
  expect(tableOf({ layers: [0, 1, 5] })).toEqual([
    ["layer", "logit lens", "closed form", "trained"],
    [0, "40.0", "4.00", "3.00"],
    [1, "15.0", "2.00", "1.50"],
    [5, "5.00", "1.00", "0.75"],
  ]);
});

test("receiptLayers have the lenses that receiptRows have", () => {
  const head = (change: Partial<typeof settings>, steps = 96) =>
    tableOf({ settings: { ...settings, ...change }, steps })[0];
  expect(head({ start: "logit" })).toEqual(["layer", "logit lens", "trained"]);
  expect(head({ start: "logit" }, 0)).toEqual(["layer", "logit lens"]);
  expect(head({}, 0)).toEqual(["layer", "logit lens", "closed form"]);
  const long = "a stranger’s lens of a very long name";
  expect(head({ start: "open", startLens: long })).toEqual([
    "layer",
    "logit lens",
    "a stranger’s lens of a…",
    "trained",
  ]);
});
