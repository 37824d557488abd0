import { describe, expect, test } from "vitest";

import { normals } from "../math/random";
import { type Affine, lensGradient } from "./lensGradient";
import type { Sequence, TokenSubset } from "./trainingBackend";
import type { FinalNorm, Unembed } from "./unembed";

const dModel = 6;
const vocab = 11;
const positions = 4;

const unembedWith = (kind: FinalNorm["kind"]): Unembed => ({
  vocab,
  dModel,
  norm: {
    kind,
    weight: normals(dModel, 1, 1),
    bias: kind === "layer" ? normals(dModel, 1, 2) : null,
    eps: 1e-2, // large enough to matter
  },
  unembedding: normals(vocab * dModel, 1, 3),
  bias: kind === "layer" ? normals(vocab, 1, 4) : null,
});
const sequence: Sequence<Float32Array> = {
  hidden: [5, 6, 7].map((seed) => normals(5 * dModel, 1, seed)), // one more than the positions
  positions,
  targets: Int32Array.of(3, -1, 8, 2),
};
const translator: Affine = {
  weight: Float64Array.from(normals(dModel * dModel, 0.3, 8)),
  bias: Float64Array.from(normals(dModel, 0.3, 9)),
};
const some: TokenSubset = {
  ids: Int32Array.of(0, 2, 3, 7, 8, 10),
  logWeights: Float32Array.of(1.2, 0, 0, 1.2, 0, 1.2),
};

describe.each(["rms", "layer"] as const)("lensGradient() with the %s norm", (kind) => {
  const unembed = unembedWith(kind);
  test.each([
    ["kl", null],
    ["kl", some],
    ["crossEntropy", null],
    ["crossEntropy", some],
  ] as const)("is the central difference of its loss: %s, %o", (loss, tokens) => {
    const gradient = lensGradient(unembed, sequence, 1, translator, loss, tokens);
    expect(gradient.loss).toBeGreaterThan(0.1);
    const epsilon = 1e-5;
    for (const part of ["weight", "bias"] as const)
      for (const [i, slope] of gradient[part].entries()) {
        const at = (change: number) => {
          const moved = { ...translator, [part]: translator[part].slice() };
          moved[part][i] += change;
          return lensGradient(unembed, sequence, 1, moved, loss, tokens).loss;
        };
        // The third derivative leaves 1e-10 times itself, rounding 1e-16 / 1e-5.
        expect((at(epsilon) - at(-epsilon)) / (2 * epsilon)).toBeCloseTo(slope, 7);
      }
  });
});

test("lensGradient() is zero where the lens says what the model does", () => {
  const zero = { weight: new Float64Array(dModel ** 2), bias: new Float64Array(dModel) };
  const { loss, weight, bias } = lensGradient(unembedWith("rms"), sequence, 2, zero, "kl", null);
  expect(loss).toBeCloseTo(0, 12);
  for (const slope of [...weight, ...bias]) expect(slope).toBeCloseTo(0, 12);
});

test("lensGradient() over all tokens, none of them weighted, is that of the vocabulary", () => {
  const all = {
    ids: Int32Array.from({ length: vocab }, (_, id) => id),
    logWeights: new Float32Array(vocab),
  };
  const unembed = unembedWith("layer");
  for (const loss of ["kl", "crossEntropy"] as const)
    expect(lensGradient(unembed, sequence, 0, translator, loss, all)).toEqual(
      lensGradient(unembed, sequence, 0, translator, loss, null),
    );
});

test("lensGradient() of the cross entropy is the mean over positions that have a target", () => {
  const unembed = unembedWith("rms");
  const lossOf = (targets: number[]) =>
    lensGradient(
      unembed,
      { ...sequence, targets: Int32Array.from(targets) },
      1,
      translator,
      "crossEntropy",
      null,
    );
  const alone = [
    lossOf([3, -1, -1, -1]).loss,
    lossOf([-1, -1, 8, -1]).loss,
    lossOf([-1, -1, -1, 2]).loss,
  ];
  expect(lossOf([3, -1, 8, 2]).loss).toBeCloseTo((alone[0] + alone[1] + alone[2]) / 3, 12);
  const none = lossOf([-1, -1, -1, -1]);
  expect(none.loss).toBe(0);
  expect(none.weight.every((slope) => slope === 0)).toBe(true);
});
