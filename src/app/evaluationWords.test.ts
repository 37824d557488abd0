import { expect, test } from "vitest";

import type { Evaluation } from "../engine/trainingProtocol";
import { estimated, evaluationSentence, transferSentence } from "./evaluationWords";
import { receipt, text } from "./trainTesting";

const estimate = { mean: 0.5, low: 0.45, high: 0.55 };

test("estimated says a mean with its interval in the page's unit", () => {
  const inNats = estimated(estimate, false, { unit: "nats", bitsPerByte: 0.34 });
  expect(inNats).toEqual({ mean: "0.50", interval: "0.45 to 0.55" });
  const inBits = estimated(estimate, false, { unit: "bits per byte", bitsPerByte: 2 });
  expect(inBits).toEqual({ mean: "1.00", interval: "0.90 to 1.10" });
});

test("estimated says a share in per cent, whatever the unit", () => {
  const share = estimated(estimate, true, { unit: "bits per byte", bitsPerByte: 2 });
  expect(share).toEqual({ mean: "50.0%", interval: "45.0% to 55.0%" });
});

test("estimated has no interval where the bootstrap had a single sequence", () => {
  const alone = { mean: 7.25, low: Number.NaN, high: Number.NaN };
  const said = estimated(alone, false, { unit: "nats", bitsPerByte: 0.34 });
  expect(said).toEqual({ mean: "7.25", interval: null });
});

const evaluationOf = (positions: number, sequences: number) =>
  ({ positions, sequences, text, model: receipt.model }) as Evaluation;

test("evaluationSentence names the model, and speaks of intervals only where there are some", () => {
  expect(evaluationSentence(evaluationOf(1024, 6))).toBe(
    "Of 1,024 held-out positions in 6 sequences of pasted text, with 95% intervals of a bootstrap over sequences. The model is SmolLM2-135M-Instruct.",
  );
  expect(evaluationSentence(evaluationOf(127, 1))).toMatch(
    /^Of 127 held-out positions in 1 sequence of pasted text: too few for intervals/,
  );
});

test("transferSentence says that its diagonal is of fewer positions", () => {
  expect(transferSentence(1024, 128)).toMatch(/^Of 128 of the 1,024 positions above/);
  expect(transferSentence(128, 128)).toBeNull();
});
