import { describe, expect, test } from "vitest";

import { openDevice } from "../gpu/device";
import { createTensor, type GpuTensor, write } from "../gpu/tensor";
import type { LensBackend, LensRequest, RowStatistics } from "../lens/backend";
import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { fixtureBytes } from "./fixtureBytes";
import { createCpuLens } from "./lensCpu";
import { collect, fixtures, lensKinds, openGoldens, prompts } from "./lensGoldens";
import { createGpuLens, groupSize } from "./lensGpu";

const { device } = await openDevice({ limits: "default" });

/** Reads what is on the CPU; each state in a buffer that is larger than it, as onnxruntime's are. */
async function* read(
  lens: LensBackend<GpuTensor>,
  request: LensRequest<Float32Array>,
  signal?: AbortSignal,
) {
  const hidden = request.hidden.map((h) => {
    const { buffer } = createTensor(device, [h.length + 100], "hidden");
    const tensor = { buffer, shape: [request.targets.length, h.length / request.targets.length] };
    write(device, tensor, h);
    return tensor;
  });
  try {
    yield* lens.read({ ...request, hidden }, signal);
  } finally {
    for (const { buffer } of hidden) buffer.destroy();
  }
}

// What the GPU computes in float32 is within 1.6e-5 nats of the float64 goldens on SwiftShader, the
// most in KL, which reaches 60 nats here. Logits reach 100, where float32 has steps of 7.6e-6, and WGSL
// lets exp(x) be off by 3 + 2 |x| steps: a real GPU may take more of that.
const tolerance = {
  ...{ entropy: 5e-5, klFromFinal: 1e-4, maxProb: 1e-5, crossEntropy: 5e-5, rank: 0 },
  ...{ topIds: 0, topLogProbs: 5e-5, finalTopLogProb: 5e-5, topFinalLogProbs: 5e-5 },
} as const;

describe.each(fixtures)("createGpuLens() of %s", async (fixture) => {
  const goldens = await openGoldens(fixture, fixtureBytes);
  const lens = createGpuLens(device, goldens.unembed);

  test.each(lensKinds.flatMap((kind) => prompts.map((prompt) => [kind, prompt] as const)))(
    "reads what the reference reads: %s lens, prompt %s",
    async (kind, prompt) => {
      const rows = await collect(read(lens, goldens.request(prompt, kind)));
      expect(rows.map(({ row }) => row)).toEqual(["output", 2, 1, 0]);
      const errors = goldens.errors(prompt, kind, rows);
      for (const [name, error] of Object.entries(errors))
        expect(error, name).toBeLessThanOrEqual(tolerance[name as keyof typeof errors]);
    },
  );
});

type Sizes = { dModel: number; vocab: number; nLayers: number; positions: number; k: number };

function randomUnembed({ dModel, vocab }: Sizes): Unembed {
  return {
    vocab,
    dModel,
    norm: { kind: "layer", weight: normals(dModel, 1, 1), bias: normals(dModel, 1, 2), eps: 1e-5 },
    unembedding: normals(vocab * dModel, 2 / Math.sqrt(dModel), 3),
    bias: normals(vocab, 1, 4),
  };
}

/** Layers 0, 1 … in this order; every third position has no target, every other layer a translator. */
function randomRequest(
  { dModel, vocab, nLayers, positions, k }: Sizes,
  lens = 100,
): LensRequest<Float32Array> {
  const uniform = random(5);
  const translator = (seed: number) => ({
    weight: normals(dModel * dModel, 0.5 / Math.sqrt(dModel), seed),
    bias: normals(dModel, 1, seed + 1),
  });
  const layers = Array.from({ length: nLayers }, (_, layer) => layer);
  return {
    hidden: [...layers, nLayers].map((layer) => normals(positions * dModel, 3, 10 + layer)),
    from: 0,
    to: positions,
    translators: layers.map((layer) => (layer % 2 ? translator(lens + layer) : null)),
    layers,
    targets: Int32Array.from({ length: positions }, (_, i) =>
      i % 3 === 2 ? -1 : Math.floor(uniform() * vocab),
    ),
    k,
  };
}

/** Ranges of one row joined, in the order of the rows; the first begins at position `first`. */
function join(parts: readonly RowStatistics[], first: number) {
  const rows = new Map<RowStatistics["row"], Record<string, number[]>>();
  for (const { row, start, ...statistics } of parts) {
    const whole = rows.get(row) ?? {};
    rows.set(row, whole);
    expect(start).toBe(first + (whole.entropy?.length ?? 0));
    for (const [name, values] of Object.entries(statistics))
      whole[name] = [...(whole[name] ?? []), ...values];
  }
  return rows;
}

// Random logits of deviation about 2 have no two so close that the order of the top k may differ,
// but where k is the whole vocabulary: there only values are compared.
test.each<Sizes & { from: number; to: number }>([
  { dModel: 6, vocab: 150, nLayers: 1, positions: 1, k: 1, from: 0, to: 1 },
  { dModel: 17, vocab: 300, nLayers: 5, positions: 70, k: 10, from: 0, to: 70 },
  { dModel: 17, vocab: 300, nLayers: 5, positions: 70, k: 10, from: 69, to: 70 }, // a token that was typed
  { dModel: 5, vocab: 40, nLayers: 2, positions: 1100, k: 3, from: 0, to: 1100 }, // several ranges of positions
  { dModel: 5, vocab: 40, nLayers: 2, positions: 1100, k: 3, from: 7, to: 1090 },
  { dModel: 9, vocab: 131, nLayers: 33, positions: 5, k: 131, from: 0, to: 5 }, // several groups of layers, all tokens
])(
  "createGpuLens() matches createCpuLens(): $nLayers layers, positions $from to $to of $positions, dModel $dModel, vocab $vocab, k $k",
  async ({ from, to, ...sizes }) => {
    const unembed = randomUnembed(sizes);
    const request = { ...randomRequest(sizes), from, to };
    const gpu = join(await collect(read(createGpuLens(device, unembed), request)), from);
    const cpu = join(await collect(createCpuLens(unembed).read(request)), from);
    expect([...gpu.keys()]).toEqual(["output", ...request.layers]);
    for (const [row, expected] of cpu) {
      const { rank, topIds, topFinalLogProbs, ...values } = gpu.get(row)!;
      for (const [name, all] of Object.entries(values)) {
        expect(all).toHaveLength(expected[name].length);
        const errors = all.map((value, i) =>
          Number.isNaN(expected[name][i]) && Number.isNaN(value)
            ? 0
            : Math.abs(value - expected[name][i]),
        );
        expect(Math.max(...errors), `${row} ${name}`).toBeLessThan(1e-4);
      }
      const off = (a: number[], b: number[]) => a.filter((x, i) => !Object.is(x, b[i])).length;
      expect(off(rank, expected.rank)).toBeLessThanOrEqual(rank.length / 500); // two within rounding
      if (sizes.k <= 10) {
        const errors = topFinalLogProbs.map((x, i) => Math.abs(x - expected.topFinalLogProbs[i]));
        const wrong = errors.filter((error) => error > 1e-4).length;
        expect(off(topIds, expected.topIds)).toBeLessThanOrEqual(topIds.length / 500);
        expect(wrong).toBeLessThanOrEqual(topIds.length / 500);
      } else {
        for (let i = 0; i < sizes.positions; ++i)
          expect(new Set(topIds.slice(i * sizes.k, (i + 1) * sizes.k)).size).toBe(sizes.vocab);
      }
      expect(values.klFromFinal.every((kl) => (row === "output" ? kl === 0 : kl >= 0))).toBe(true);
    }
  },
);

// 154 MB, as GPT-2's: more than the 128 MiB that this device binds at once.
test("createGpuLens() reads W_U [50257, 768] on a device with default limits", async () => {
  const sizes = { dModel: 768, vocab: 50_257, nLayers: 1, positions: 1, k: 10 };
  expect(4 * sizes.dModel * sizes.vocab).toBeGreaterThan(device.limits.maxStorageBufferBindingSize);
  const tile = normals(997 * 768, 0.06, 6); // repeated: 38 million normals take their time
  const unembedding = Float32Array.from({ length: 768 * 50_257 }, (_, i) => tile[i % tile.length]);
  const bias = normals(sizes.vocab, 1, 7);
  const unembed = {
    ...randomUnembed({ ...sizes, vocab: 1 }),
    vocab: sizes.vocab,
    unembedding,
    bias,
  };
  const request = { ...randomRequest(sizes), targets: Int32Array.of(50_000) };
  const lens = createGpuLens(device, unembed);
  const gpu = await collect(read(lens, request));
  lens.dispose();
  for (const [i, expected] of (await collect(createCpuLens(unembed).read(request))).entries()) {
    expect(gpu[i].topIds).toEqual(expected.topIds);
    expect(Math.abs(gpu[i].rank[0] - expected.rank[0])).toBeLessThanOrEqual(1);
    for (const name of ["entropy", "klFromFinal", "crossEntropy", "topLogProbs"] as const)
      expect(Math.abs(gpu[i][name][0] - expected[name][0]), name).toBeLessThan(1e-4);
  }
});

const small = { dModel: 8, vocab: 200, nLayers: 3, positions: 4, k: 5 };

/** Runs a test with the set of the device's buffers that are made in it and not destroyed. */
async function withLiveBuffers(run: (live: ReadonlySet<GPUBuffer>) => Promise<void>) {
  const live = new Set<GPUBuffer>();
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { destroy } = buffer;
    live.add(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy.call(buffer);
    };
    return buffer;
  };
  try {
    await run(live);
  } finally {
    device.createBuffer = createBuffer;
  }
}

test("createGpuLens().read() keeps no buffer but W_U, the norm, and the last translators", () =>
  withLiveBuffers(async (live) => {
    const lens = createGpuLens(device, randomUnembed(small));
    const held = live.size;
    const request = randomRequest(small);
    await collect(read(lens, { ...request, translators: [null, null, null] }));
    expect(live.size).toBe(held);
    await collect(read(lens, request));
    expect(live.size).toBe(held + 2); // one translator, W and b
    await collect(read(lens, randomRequest(small)));
    expect(live.size).toBe(held + 2);
    for await (const _ of read(lens, request)) break;
    expect(live.size).toBe(held + 2);
    lens.forget(randomRequest(small).translators); // another lens's
    expect(live.size).toBe(held + 2);
    lens.forget(request.translators);
    expect(live.size).toBe(held);
    await collect(read(lens, request));
    expect(live.size).toBe(held + 2);
    lens.dispose();
    expect(live.size).toBe(0);
  }));

describe("createGpuLens() with several reads under way", () => {
  // Groups of layers one after another, each read with translators of its own.
  const sizes = { dModel: 9, vocab: 131, nLayers: 12, positions: 26, k: 5 };
  const unembed = randomUnembed(sizes);
  const [first, other] = [randomRequest(sizes, 100), randomRequest(sizes, 200)];
  // Half of the first lens's translators and half of the other's, as a lens in training may share some.
  const translators = first.translators.map((one, l) => (l < 6 ? one : other.translators[l]));
  const requests = [first, other, { ...first, translators }];
  const ofLens = 2 * 6; // W and b of every other layer

  const inTurn = async (reads: readonly AsyncGenerator<RowStatistics>[]) => {
    const rows: RowStatistics[][] = reads.map(() => []);
    for (let left = reads.length; left > 0; ) {
      left = 0;
      for (const [i, one] of reads.entries()) {
        const { value, done } = await one.next();
        if (done) continue;
        rows[i].push(value);
        ++left;
      }
    }
    return rows;
  };
  const atOnce = (reads: readonly AsyncGenerator<RowStatistics>[]) =>
    Promise.all(reads.map(collect));

  test.each([
    ["in turn", inTurn],
    ["at once", atOnce],
  ] as const)("reads with each lens what it reads with that one alone: %s", async (_, readAll) => {
    const lens = createGpuLens(device, unembed);
    const alone: RowStatistics[][] = [];
    for (const request of requests) alone.push(await collect(read(lens, request)));
    await withLiveBuffers(async (live) => {
      expect(await readAll(requests.map((request) => read(lens, request)))).toEqual(alone);
      for (const { translators } of requests) lens.forget(translators);
      expect(live.size).toBe(0);
    });
    lens.dispose();
  });

  test("reads to the end with a lens that is forgotten, and frees it there", async () => {
    const lens = createGpuLens(device, unembed);
    const alone = await collect(read(lens, first));
    lens.forget(first.translators);
    await withLiveBuffers(async (live) => {
      const rows = [];
      for await (const row of read(lens, first)) {
        if (rows.length === 0) lens.forget(first.translators);
        rows.push(row);
      }
      expect(rows).toEqual(alone);
      expect(live.size).toBe(0);
    });
    lens.dispose();
  });

  test("keeps the last lens alone once they have ended", async () => {
    const lens = createGpuLens(device, unembed);
    await withLiveBuffers(async (live) => {
      const hidden = first.hidden.length; // of the read that is under way
      const older = read(lens, first);
      await older.next();
      expect(live.size).toBe(hidden + ofLens);
      await collect(read(lens, other));
      expect(live.size).toBe(hidden + 2 * ofLens); // what the older one reads with, too
      await older.return(undefined);
      expect(live.size).toBe(ofLens);
      await collect(read(lens, first));
      expect(live.size).toBe(ofLens);
      lens.forget(other.translators);
      expect(live.size).toBe(ofLens);
      lens.forget(first.translators);
      expect(live.size).toBe(0);
    });
    lens.dispose();
  });
});

test("createGpuLens().read() stops where it is asked to", async () => {
  const lens = createGpuLens(device, randomUnembed(small));
  const controller = new AbortController();
  const rows = read(lens, randomRequest(small), controller.signal);
  expect((await rows.next()).value?.row).toBe("output");
  controller.abort(new Error("enough"));
  await expect(rows.next()).rejects.toThrow("enough");
});

test("createGpuLens().read() refuses hidden states of another model", async () => {
  const lens = createGpuLens(device, randomUnembed(small));
  const request = randomRequest({ ...small, dModel: 9 });
  await expect(collect(read(lens, request))).rejects.toThrow("lens: hidden has shape [4, 9]");
});

test("groupSize() fills the sweep's blocks", () => {
  expect(groupSize(30, 64)).toBe(15); // 16 rows with the output's: four positions a block
  expect(groupSize(12, 64)).toBe(7); // 8 rows and 6: eight positions a block and ten
  expect(groupSize(30, 1)).toBe(30);
  expect(groupSize(1, 64)).toBe(1);
  expect(groupSize(0, 64)).toBe(1);
});
