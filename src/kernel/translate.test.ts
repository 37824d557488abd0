import { describe, expect, test } from "vitest";

import type { Translator } from "../lens/translator";
import { normals } from "../math/random";
import { onGpu } from "./testing";
import { translate, uploadTranslator } from "./translate";
import { translateCpu } from "./translate.cpu";

async function translateGpu(translator: Translator, hidden: Float32Array, first = 0) {
  const dModel = translator.bias.length;
  const positions = hidden.length / dModel;
  const [translated] = await onGpu((device, encoder, put) => [
    translate(
      device,
      encoder,
      uploadTranslator(device, translator),
      put([positions, dModel], hidden),
      { first, count: positions - first },
    ),
  ]);
  return new Float32Array(translated);
}

const random = (dModel: number): Translator => ({
  weight: normals(dModel ** 2, 1 / Math.sqrt(dModel), 1),
  bias: normals(dModel, 1, 2),
});

const backends = {
  cpu: async (translator: Translator, hidden: Float32Array) =>
    Float32Array.from(translateCpu(translator, hidden)),
  gpu: (translator: Translator, hidden: Float32Array) => translateGpu(translator, hidden),
};

describe.each(Object.entries(backends))("translate on the %s", (_, translateOf) => {
  test("changes nothing where W and b are zero", async () => {
    const hidden = normals(5 * 7, 3, 1);
    const zero = { weight: new Float32Array(49), bias: new Float32Array(7) };
    expect(await translateOf(zero, hidden)).toEqual(hidden);
  });

  test("reads W with the output index first", async () => {
    const weight = Float32Array.of(0, 10, 0, 0); // output 0 takes ten times input 1
    const bias = Float32Array.of(0.5, 0);
    expect([...(await translateOf({ weight, bias }, Float32Array.of(1, 2)))]).toEqual([21.5, 2]);
  });
});

// Sizes straddle the 32 x 32 tile, its 4 x 4 blocks and the steps of 32 inputs. A float32 sum of d
// products is off by at most d ULP of the largest partial sum, and in practice by a few: 1e-5 of
// what the row holds, which an outlier of 22,500 dominates.
test.each([
  [1, 1],
  [2, 3],
  [31, 5],
  [33, 32],
  [32, 33],
  [5, 63],
  [65, 130],
])("the gpu matches the cpu at %i positions, dModel %i", async (positions, dModel) => {
  const hidden = normals(positions * dModel, 1, positions);
  hidden[hidden.length >> 1] = 22_500;
  const translator = random(dModel);
  const gpu = await translateGpu(translator, hidden);
  const cpu = translateCpu(translator, hidden);
  for (let start = 0; start < hidden.length; start += dModel) {
    const largest = hidden
      .subarray(start, start + dModel)
      .reduce((m, h) => Math.max(m, Math.abs(h)), 1);
    for (let i = start; i < start + dModel; ++i)
      expect(Math.abs(gpu[i] - cpu[i])).toBeLessThan(1e-5 * largest);
  }
});

test("translate() of a range of positions is the range of the whole", async () => {
  const hidden = normals(40 * 6, 1, 3);
  const whole = await translateGpu(random(6), hidden);
  expect(await translateGpu(random(6), hidden, 5)).toEqual(whole.subarray(5 * 6));
});
