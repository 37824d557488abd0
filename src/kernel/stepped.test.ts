import { expect, test } from "vitest";

import { stepSizes } from "./stepped";
import { onGpu } from "./testing";

test("stepSizes() counts a layer's parameters, and refuses what does not fit", async () => {
  await onGpu((_device, _encoder, put) => {
    const zeros = (...shape: number[]) =>
      put(shape, new Float32Array(shape.reduce((size, n) => size * n)));
    const parameters = zeros(3, 2, 2);
    expect(stepSizes("adam", parameters, [zeros(3, 4)], zeros(3))).toEqual([12, 4]);
    expect(() => stepSizes("adam", parameters, [zeros(11)], zeros(3))).toThrow("[12]");
    expect(() => stepSizes("adam", parameters, [], zeros(5))).toThrow("[layers] of 12 parameters");
    return [parameters];
  });
});
