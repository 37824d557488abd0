import { afterAll, expect, test } from "vitest";

import { openDevice } from "./device";
import type { Pace } from "./pace";
import { createRecording } from "./recording";

const { device } = await openDevice();
afterAll(() => device.destroy());

test("createRecording() holds pieces until the next would be too much, and one that is too large alone", async () => {
  const submitted: number[] = [];
  const pace: Pace = {
    operations: () => 100,
    async submit(encoder, held) {
      device.queue.submit([encoder.finish()]);
      submitted.push(held);
    },
  };
  const recording = createRecording(device, pace, "test");
  const encoders = [];
  for (const operations of [60, 40, 1, 500, 3]) encoders.push(await recording.next(operations));
  expect(submitted).toEqual([100, 1, 500]);
  expect(encoders[1]).toBe(encoders[0]);
  expect(encoders[2]).not.toBe(encoders[1]);
  await recording.submit();
  expect(submitted).toEqual([100, 1, 500, 3]);
});
