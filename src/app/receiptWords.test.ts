import { expect, test } from "vitest";

import { closedSentence, receiptRows, receiptSoFar } from "./receiptWords";
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
