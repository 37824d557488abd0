import { describe, expect, test } from "vitest";

import type { RowStatistics } from "../lens/backend";
import { normals } from "../math/random";
import { createWasmLens } from "../model/lensWasm";
import { openRuntime } from "../model/runtime";
import { fixtureBytes } from "./fixtureBytes";
import { createCpuLens } from "./lensCpu";
import { collect, fixtures, lensKinds, openGoldens, prompts } from "./lensGoldens";

const runtime = await openRuntime(null);

// The runtime computes in float32: measured at most 1.3e-5 nats from the float64 goldens on logits
// that reach 100, where one step of float32 is 7.6e-6; KL, which reaches 60 nats, and the entropy are
// sums over the vocabulary of such steps.
const tolerance = {
  ...{ entropy: 5e-5, klFromFinal: 5e-5, maxProb: 1e-5, crossEntropy: 5e-5, rank: 0 },
  ...{ topIds: 0, topLogProbs: 5e-5, finalTopLogProb: 5e-5, topFinalLogProbs: 5e-5 },
} as const;

describe.each(fixtures)("createWasmLens() of %s", async (fixture) => {
  const goldens = await openGoldens(fixture, fixtureBytes);
  const { unembed } = goldens;
  const rowOf = (id: number) =>
    unembed.unembedding.subarray(id * unembed.dModel, (id + 1) * unembed.dModel);
  const lens = await createWasmLens(runtime, unembed, rowOf);

  test.each(lensKinds.flatMap((kind) => prompts.map((prompt) => [kind, prompt] as const)))(
    "reads what the reference reads: %s lens, prompt %s",
    async (kind, prompt) => {
      const rows = await collect(lens.read(goldens.request(prompt, kind)));
      expect(rows[0].row).toBe("output");
      const errors = goldens.errors(prompt, kind, rows);
      for (const [name, error] of Object.entries(errors))
        expect(error, name).toBeLessThanOrEqual(tolerance[name as keyof typeof errors]);
    },
  );
});

describe("createWasmLens() past one block and one column of positions", async () => {
  const [dModel, vocab, nLayers, positions, k] = [12, 301, 5, 261, 3];
  const unembedding = normals(vocab * dModel, 0.8, 3);
  const unembed = {
    ...{ vocab, dModel, unembedding, bias: normals(vocab, 1, 4) },
    norm: { kind: "layer", weight: normals(dModel, 1, 1), bias: normals(dModel, 1, 2), eps: 1e-5 },
  } as const;
  const lens = await createWasmLens(runtime, unembed, (id) =>
    unembedding.subarray(id * dModel, (id + 1) * dModel),
  );
  const request = {
    hidden: Array.from({ length: nLayers + 1 }, (_, l) => normals(positions * dModel, 2, 10 + l)),
    from: 0,
    to: positions,
    translators: Array.from({ length: nLayers }, (_, l) =>
      l % 2
        ? null
        : { weight: normals(dModel * dModel, 0.2, 20 + l), bias: normals(dModel, 1, 30 + l) },
    ),
    layers: [4, 2, 1, 0],
    targets: Int32Array.from({ length: positions }, (_, i) => (i % 3 ? (i * 7) % vocab : -1)),
    k,
  };

  test.each([
    [0, positions],
    [17, 99],
    [260, positions],
  ])(
    "every row and position from %i to %i is read once, and as the definition has it",
    async (from, to) => {
      const range = { ...request, from, to };
      const cells = (rows: readonly RowStatistics[]) =>
        new Map(
          rows.flatMap((row) =>
            Array.from(row.entropy, (_, i) => [
              `${row.row}.${row.start + i}`,
              [
                ...[row.entropy, row.klFromFinal, row.maxProb, row.crossEntropy].map((s) => s[i]),
                row.finalTopLogProb[i],
                ...row.topLogProbs.subarray(i * k, (i + 1) * k),
                ...row.topFinalLogProbs.subarray(i * k, (i + 1) * k),
              ],
            ]),
          ),
        );
      const read = await collect(lens.read(range));
      const wasm = cells(read);
      const cpu = cells(await collect(createCpuLens(unembed).read(range)));
      expect(read.reduce((sum, row) => sum + row.entropy.length, 0)).toBe(5 * (to - from));
      expect(wasm.size).toBe(5 * (to - from));
      for (const [cell, values] of cpu) {
        // A float32 softmax sums to 1 within 1e-6, which the entropy multiplies by logits of up to 30.
        wasm.get(cell)!.forEach((value, i) => {
          if (Number.isNaN(values[i])) expect(value, `${cell} ${i}`).toBeNaN();
          else expect(Math.abs(value - values[i]), `${cell} ${i}`).toBeLessThan(5e-5);
        });
      }
    },
  );

  test("an aborted read stops between two blocks with the reason", async () => {
    const controller = new AbortController();
    const blocks = lens.read(request, controller.signal);
    await blocks.next();
    controller.abort(new DOMException("enough", "AbortError"));
    await expect(collect(blocks)).rejects.toThrow("enough");
  });
});
