import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";

import { createCpuLens } from "./lensCpu";
import { collect, fixtures, lensKinds, openGoldens, prompts, sliceOf } from "./lensGoldens";

const readBytes = async (path: string) =>
  new Uint8Array(await readFile(new URL(`fixtures/${path}`, import.meta.url)));

describe.each(fixtures)("createCpuLens() of %s", async (fixture) => {
  const goldens = await openGoldens(fixture, readBytes);
  const lens = createCpuLens(goldens.unembed);

  // Both compute in float64 from the same float32 weights; what is left is that hidden states and
  // goldens were rounded to float32 (3.8e-6 at most, where KL is 60 nats).
  test.each(lensKinds.flatMap((kind) => prompts.map((prompt) => [kind, prompt] as const)))(
    "reads what the reference reads: %s lens, prompt %s",
    async (kind, prompt) => {
      const request = goldens.request(prompt, kind);
      const rows = await collect(lens.read(request));
      expect(rows.map(({ row }) => row)).toEqual(["output", 2, 1, 0]);
      const errors = goldens.errors(prompt, kind, rows);
      expect(errors.rank).toBe(0);
      expect(errors.topIds).toBe(0);
      for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-5);
    },
  );
});

test.each(prompts)("a Jacobian lens reads what the reference does, prompt %s", async (prompt) => {
  const goldens = await openGoldens("tiny-llama", readBytes);
  const rows = await collect(
    createCpuLens(goldens.unembed).read(goldens.request(prompt, "jacobian")),
  );
  expect(rows.map(({ row }) => row)).toEqual(["output", 2]); // it has a matrix for block 1's output
  const errors = goldens.errors(prompt, "jacobian", rows);
  expect(errors.topIds).toBe(0);
  for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-5); // as above
});

test("createCpuLens().read() of a range of positions has what the whole prompt has there", async () => {
  const goldens = await openGoldens("tiny-llama", readBytes);
  const request = goldens.request("seven", "tuned");
  const lens = createCpuLens(goldens.unembed);
  const whole = await collect(lens.read(request));
  const part = await collect(lens.read({ ...request, from: 2, to: 5 }));
  expect(part).toEqual(whole.map((row) => sliceOf(row, 2, 5)));
});

test("createCpuLens().read() stops where it is asked to", async () => {
  const goldens = await openGoldens("tiny-llama", readBytes);
  const controller = new AbortController();
  const rows = createCpuLens(goldens.unembed).read(
    goldens.request("one", "logit"),
    controller.signal,
  );
  expect((await rows.next()).value?.row).toBe("output");
  controller.abort(new Error("enough"));
  await expect(rows.next()).rejects.toThrow("enough");
});
