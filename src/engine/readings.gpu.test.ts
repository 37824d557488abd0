import { describe, expect, test, vi } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { openDevice } from "../gpu/device";
import { type Reading, type StatisticName, statisticNames } from "../lens/reading";
import { configFromJson } from "../model/configJson";
import type { Model } from "../model/model";
import { weightsFromSafetensors } from "../model/weights";
import { fixtureBytes } from "./fixtureBytes";
import { createGpuReader } from "./gpuReader";
import { fixtures, lensKinds, readFixtureLens } from "./lensGoldens";
import { createOpenLenses } from "./openLenses";
import type { OnReading, ReadRequest } from "./protocol";
import type { OpenPrompt } from "./reader";
import { createReadings } from "./readings";
import { createWasmReader } from "./wasmReader";

const readers = {
  wasm: (model: Model) => createWasmReader(model),
  webgpu: async (model: Model) => createGpuReader(model, await openDevice()),
};

// One position is another matrix product than many, and so rounds otherwise: measured at most 1.3e-5 nats
// between a reading that grew and a fresh one, as either is from the float64 goldens.
const tolerance = 5e-5;

function expectSame(reading: Reading, fresh: Reading): void {
  const { statistics, topK, ...rest } = reading;
  const { statistics: freshStatistics, topK: freshTopK, ...freshRest } = fresh;
  expect(rest).toEqual(freshRest);
  expect(topK.k).toBe(freshTopK.k);
  expect(topK.ids).toEqual(freshTopK.ids);
  expect(statistics.rank).toEqual(freshStatistics.rank);
  const differences = (a: Float32Array, b: Float32Array) =>
    Array.from(a, (x, i) => (Object.is(x, b[i]) ? 0 : Math.abs(x - b[i])));
  for (const name of statisticNames)
    for (const difference of differences(statistics[name], freshStatistics[name]))
      expect(difference, name).toBeLessThan(tolerance);
  for (const name of ["logProbs", "finalLogProbs"] as const)
    for (const difference of differences(topK[name], freshTopK[name]))
      expect(difference, name).toBeLessThan(tolerance);
}

/** Aborts the prompt's next read when so many of its blocks were taken. */
function abortAfter(prompt: OpenPrompt, blocks: number): AbortSignal {
  const controller = new AbortController();
  const read = prompt.read.bind(prompt);
  vi.spyOn(prompt, "read").mockImplementationOnce(async function* (request, signal) {
    let taken = 0;
    for await (const block of read(request, signal)) {
      yield block;
      if (++taken === blocks) controller.abort(new DOMException("a newer prompt", "AbortError"));
    }
  });
  return controller.signal;
}

const ignore = () => {};
const never = new AbortController().signal;

describe.each(Object.entries(readers))("createReadings() on %s", (_, createReader) => {
  describe.each(fixtures)("%s", async (fixture) => {
    const open = async (path: string) => openSafetensors(await fixtureBytes(`${fixture}/${path}`));
    const json = JSON.parse(new TextDecoder().decode(await fixtureBytes(`${fixture}/config.json`)));
    const config = configFromJson(json, fixture);
    const info = { ...config, name: fixture, sha256: "" };
    const tokenText = (id: number) => `<${id}>`;
    const model: Model = {
      info,
      config,
      weights: weightsFromSafetensors(await open("model.safetensors"), config.family),
      tokenizer: {
        vocab: config.vocab,
        encode: () => [],
        decode: String,
        tokenText,
        longestToken: 1,
      },
      hasTokenizer: true,
      notice: null,
    };
    const bytes = (file: string) => fixtureBytes(`${fixture}/lens/${file}`);
    const files = { params: await bytes("params.pt"), config: await bytes("config.json") };
    const parameters = await readFixtureLens(files, info);
    const lenses = createOpenLenses(config.nLayers, [
      {
        ...parameters,
        info: {
          kind: "tuned",
          name: "tiny",
          sha256: null,
          nLayers: config.nLayers,
          sizeBytes: 0,
          isBundled: false,
          url: null,
          warnings: [],
        },
        baseModel: null,
        unembedHash: null,
        receipt: null,
      },
    ]);
    const reader = await createReader(model);

    /** A prompt of no tokens, what reads it, and how much of it was computed. */
    function start(read = createReadings(model, lenses)) {
      const prompt = reader.open();
      const reads = vi.spyOn(prompt, "read");
      return {
        prompt,
        /** Cells of the layers, not of the output row, that were asked for since the last time. */
        asked() {
          const cells = reads.mock.calls.map(
            ([{ from, to, layers }]) => (to - from) * layers.length,
          );
          reads.mockClear();
          return cells.reduce((sum, n) => sum + n, 0);
        },
        read: (request: ReadRequest, onReading: OnReading = ignore, signal = never) =>
          read(request, reader, prompt, onReading, signal),
      };
    }

    async function readFresh(request: ReadRequest): Promise<Reading> {
      const { read, prompt } = start();
      const reading = await read(request);
      prompt.dispose();
      return reading;
    }

    const goldenIds = async () => [...(await open("goldens.safetensors")).readInt32("seven.ids")];

    test("a reading that grew token by token equals a fresh one, with both lenses", async () => {
      const ids = await goldenIds();
      const { read, prompt } = start();
      for (let length = 1; length <= ids.length; ++length) {
        for (const lens of lensKinds) {
          const request = { prompt: ids.slice(0, length), lens };
          const reading = await read(request);
          expect(reading.progress).toEqual({ done: reading.progress.all, all: 4 * length });
          if (length % 3 === 1) expectSame(reading, await readFresh(request));
        }
      }
      prompt.dispose();
    });

    if (fixture !== "tiny-llama") return;
    const longIds = [...(await open("long.safetensors")).readInt32("ids")];
    const nLayers = config.nLayers;

    // On WebGPU a run is padded to 16, 64 or 256 positions; on wasm a chunk has 64.
    test("a reading that was cut and grew past every padding and chunk equals a fresh one", async () => {
      const { read, prompt, asked } = start();
      for (const [length, expected] of [
        [10, 10],
        [17, 8],
        [63, 47],
        [65, 3],
        [96, 32],
        [64, 0],
        [70, 7],
        [15, 0],
        [66, 52],
      ]) {
        const reading = await read({ prompt: longIds.slice(0, length), lens: "tuned" });
        // The position before the new ones is read once more, for what it says of them.
        expect(asked(), `${length}`).toBe(expected * nLayers);
        if (length > 60)
          expectSame(reading, await readFresh({ prompt: longIds.slice(0, length), lens: "tuned" }));
      }
      prompt.dispose();
    });

    test("a reading whose middle was another equals a fresh one", async () => {
      const { read, prompt, asked } = start();
      await read({ prompt: longIds.slice(0, 30), lens: "tuned" });
      const changed = [...longIds.slice(0, 20), 3, ...longIds.slice(21, 32)];
      asked();
      const reading = await read({ prompt: changed, lens: "tuned" });
      expect(asked()).toBe((12 + 1) * nLayers);
      expectSame(reading, await readFresh({ prompt: changed, lens: "tuned" }));
      prompt.dispose();
    });

    test("the same tokens again, and a lens that comes back, compute nothing", async () => {
      const { read, prompt, asked } = start();
      const ids = longIds.slice(0, 20);
      const tuned = await read({ prompt: ids, lens: "tuned" });
      const logit = await read({ prompt: ids, lens: "logit" });
      const follow = vi.spyOn(prompt, "follow");
      expect(asked()).toBe(2 * 20 * nLayers);
      const shown: Reading[] = [];
      expectSame(await read({ prompt: ids, lens: "tuned" }, (r) => shown.push(r)), tuned);
      expect(shown).toHaveLength(1);
      expectSame(await read({ prompt: ids, lens: "logit" }), logit);
      expect(asked()).toBe(0);
      expect(follow).not.toHaveBeenCalled();
      expect(logit.statistics.klFromFinal).not.toEqual(tuned.statistics.klFromFinal);
      prompt.dispose();
    });

    test("a lens that was left behind reads what came since", async () => {
      const { read, prompt } = start();
      await read({ prompt: longIds.slice(0, 20), lens: "logit" });
      await read({ prompt: longIds.slice(0, 25), lens: "tuned" });
      await read({ prompt: [...longIds.slice(0, 18), 5, 6], lens: "tuned" });
      const request = { prompt: longIds.slice(0, 22), lens: "logit" };
      expectSame(await read(request), await readFresh(request));
      prompt.dispose();
    });

    test("a new token is shown in every row before the one before it is read again", async () => {
      const { read, prompt } = start();
      const values = (reading: Reading, name: StatisticName, position: number) =>
        reading.rows.map(
          (_, row) => reading.statistics[name][row * reading.tokens.length + position],
        );
      await read({ prompt: longIds.slice(0, 20), lens: "tuned" });
      const shown: Reading[] = [];
      await read({ prompt: longIds.slice(0, 21), lens: "tuned" }, (reading) => shown.push(reading));
      const [first] = shown;
      const last = shown.at(-1)!;
      expect(shown.length).toBeGreaterThan(1);
      expect(values(first, "entropy", 20).some(Number.isNaN)).toBe(false);
      expect(values(first, "entropy", 19).some(Number.isNaN)).toBe(false);
      expect(values(first, "rank", 19).every(Number.isNaN)).toBe(true);
      expect(values(first, "crossEntropy", 18).some(Number.isNaN)).toBe(false);
      expect(first.progress.done).toBe(first.progress.all - first.rows.length);
      expect(values(last, "rank", 19).some(Number.isNaN)).toBe(false);
      prompt.dispose();
    });

    test("a read that was aborted half way leaves what it computed to the next one", async () => {
      const { read, prompt, asked } = start();
      // On wasm both blocks of the output row and twice 16 positions of three layers; on WebGPU one row each.
      const [blocks, unread] = reader.backend === "wasm" ? [8, 3 * 60] : [2, 2 + 2 * 92];
      const outdated = reader.backend === "wasm" ? 0 : 1;
      const signal = abortAfter(prompt, blocks);
      const aborted = read({ prompt: longIds.slice(0, 90), lens: "tuned" }, ignore, signal);
      await expect(aborted).rejects.toThrow("a newer prompt");
      asked();
      const request = { prompt: longIds.slice(0, 92), lens: "tuned" };
      const reading = await read(request);
      expect(asked()).toBe(unread + outdated);
      expectSame(reading, await readFresh(request));
      prompt.dispose();
    });

    test("a run that was aborted between two chunks is gone on with", async () => {
      const { prompt } = start();
      const controller = new AbortController();
      const follow = prompt.follow(longIds, controller.signal);
      controller.abort(new DOMException("a newer prompt", "AbortError"));
      await expect(follow).rejects.toThrow("a newer prompt");
      expect(prompt.ids).toEqual([]);
      await prompt.follow(longIds.slice(0, 5));
      expect(prompt.ids).toEqual(longIds.slice(0, 5));
      prompt.dispose();
    });

    test("statistics outlive the device that the prompt was on", async () => {
      const readings = createReadings(model, lenses);
      const lost = start(readings);
      await lost.read({ prompt: longIds.slice(0, 20), lens: "tuned" });
      lost.prompt.dispose();
      const { read, prompt, asked } = start(readings);
      const request = { prompt: longIds.slice(0, 25), lens: "tuned" };
      const reading = await read(request);
      expect(asked()).toBe((5 + 1) * nLayers);
      expectSame(reading, await readFresh(request));
      prompt.dispose();
    });

    test("some rows first and all of them later compute each once", async () => {
      const { read, prompt, asked } = start();
      const ids = longIds.slice(0, 20);
      const rows = [1, "output"] as const;
      expectSame(
        await read({ prompt: ids, lens: "tuned", rows }),
        await readFresh({ prompt: ids, lens: "tuned", rows }),
      );
      asked();
      const reading = await read({ prompt: ids, lens: "tuned" });
      expect(asked()).toBe((nLayers - 1) * 20);
      expectSame(reading, await readFresh({ prompt: ids, lens: "tuned" }));
      expect((await read({ prompt: ids, lens: "tuned", rows: ["output"] })).rows).toEqual([
        "output",
      ]);
      expect(asked()).toBe(0);
      prompt.dispose();
    });

    test("another number of tokens listed is read anew", async () => {
      const { read, prompt } = start();
      const ids = longIds.slice(0, 9);
      await read({ prompt: ids, lens: "tuned" });
      const request = { prompt: ids, lens: "tuned", topK: 3 };
      const reading = await read(request);
      expect(reading.topK.ids).toHaveLength(3 * 4 * 9);
      expectSame(reading, await readFresh(request));
      prompt.dispose();
    });
  });
});
