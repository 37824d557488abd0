import { expose } from "comlink";

import { createGpuReader } from "../src/engine/gpuReader";
import { loadBundled } from "../src/engine/loaded";
import { LensError } from "../src/errors";
import { openDevice } from "../src/gpu/device";
import { methodDefaults } from "../src/lens/optimizer";
import { chooseTokens } from "../src/lens/tokenSubset";
import type { LensTrainer, Sequence } from "../src/lens/trainingBackend";
import { defaultSettings } from "../src/lens/trainingDefaults";
import { random } from "../src/math/random";
import { createForward } from "../src/model/forward";
import { createWasmLens } from "../src/model/lensWasm";
import { readUnembed, unembeddingName } from "../src/model/model";
import { openRuntime } from "../src/model/runtime";
import { createWasmTraining } from "../src/model/trainingWasm";
import { createBareProduct } from "./bareProduct";
import { createBareStep } from "./bareStep";
import prompt from "./prompt.txt?raw";

const k = 10;

/** Made when it is first wanted, so that a section holds only what it measures. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}

const loaded = once(() => loadBundled(() => {}, new AbortController().signal));
const runtime = once(() => openRuntime(null));
const forward = once(async () => {
  const { model } = await loaded();
  return createForward(await runtime(), model.config, model.weights);
});
const lens = once(async () => {
  const { model } = await loaded();
  const name = unembeddingName(model);
  const rowOf = (id: number) => model.weights.readRows(name, [id]);
  return createWasmLens(await runtime(), readUnembed(model), rowOf);
});
const bareProduct = once(async () =>
  createBareProduct(await runtime(), readUnembed((await loaded()).model)),
);
const training = once(async () => {
  const { model } = await loaded();
  const name = unembeddingName(model);
  const rowsOf = (ids: Int32Array) => model.weights.readRows(name, ids);
  return createWasmTraining(await runtime(), readUnembed(model), await lens(), rowsOf);
});
/** Tokens of a gradient step, half of them the likeliest. */
const subsetTokens = 2048;
const bareStep = once(async () => {
  const { nLayers, dModel } = (await loaded()).model.config;
  const { positions } = trained!.batch;
  const sizes = { positions, layers: nLayers, tokens: subsetTokens, dModel };
  return createBareStep(await runtime(), sizes, 5);
});
const gpu = once(async () => {
  const opened = await openDevice();
  if (opened.isFallback) {
    opened.device.destroy();
    throw new LensError("The only adapter is software.");
  }
  return createGpuReader((await loaded()).model, opened);
});

/** `h_0 … h_L` of a prompt, `[positions, dModel]` each. */
async function readHidden(ids: readonly number[]): Promise<Float32Array[]> {
  const { dModel, nLayers } = (await loaded()).model.config;
  const hidden = Array.from({ length: nLayers + 1 }, () => new Float32Array(ids.length * dModel));
  const context = (await forward()).open();
  for await (const chunk of context.run(ids)) {
    const states = [chunk.embeddings, ...chunk.hidden.map((tensor) => tensor.data as Float32Array)];
    for (const [layer, state] of states.entries()) hidden[layer].set(state, chunk.start * dModel);
  }
  context.dispose();
  return hidden;
}

/** What a lens is asked for, over all positions and the last `nRead` layers. */
async function request(ids: readonly number[], nRead: number) {
  const { model, lenses } = await loaded();
  const { nLayers } = model.config;
  return {
    from: 0,
    to: ids.length,
    translators: lenses[0].translators,
    layers: Array.from({ length: nRead }, (_, i) => nLayers - 1 - i),
    targets: Int32Array.from(ids, (_, i) => ids[i + 1] ?? -1),
    k,
  };
}

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

/** Of the prompt that the lens passes read. */
let opened: { ids: readonly number[]; hidden: Float32Array[] } = { ids: [], hidden: [] };

/** A sequence, its positions that a step is taken on, and the lens in training. */
let trained: {
  sequence: Sequence<Float32Array>;
  batch: Sequence<Float32Array>;
  trainer: LensTrainer<Float32Array>;
} | null = null;

const worker = {
  /** The model's sizes, the machine, and the token ids of the text that every section reads. */
  async info() {
    const { model } = await loaded();
    const { threads, version } = await runtime();
    const { nLayers, dModel, vocab } = model.config;
    return { threads, version, nLayers, dModel, vocab, ids: model.tokenizer.encode(prompt) };
  },
  /**
   * A piece of the text of so many tokens, the first at or after the `from`th one that is the same
   * tokens when its words are split anew: wllama takes text alone.
   */
  async passage(count: number, from: number): Promise<{ ids: number[]; text: string }> {
    const { tokenizer } = (await loaded()).model;
    const all = tokenizer.encode(prompt);
    for (let start = from; start < from + all.length; ++start) {
      const ids = Array.from({ length: count }, (_, i) => all[(start + i) % all.length]);
      const text = ids.map(tokenizer.tokenText).join("");
      if (tokenizer.encode(text).join() === ids.join()) return { ids, text };
    }
    throw new Error(`No ${count} tokens of the text are split the same alone.`);
  },
  /** Milliseconds of the model's blocks over these tokens. */
  async forward(ids: readonly number[]): Promise<number> {
    const context = (await forward()).open();
    const elapsed = await timed(() => drain(context.run(ids)));
    context.dispose();
    return elapsed;
  },
  /** Reads the prompt that the lens passes are then over. */
  async open(ids: readonly number[]): Promise<void> {
    opened = { ids, hidden: await readHidden(ids) };
  },
  /** Milliseconds from the opened prompt's hidden states to all statistics of its last rows. */
  async lensPass(nRead: number): Promise<number> {
    const { ids, hidden } = opened;
    const wanted = { ...(await request(ids, nRead)), hidden };
    const backend = await lens();
    return timed(() => drain(backend.read(wanted)));
  },
  /** Milliseconds of nothing but the matrix product for as many rows. */
  async bareProduct(rows: number): Promise<number> {
    const product = await bareProduct();
    return timed(() => product(rows));
  },
  /** Milliseconds from token ids to all statistics, with no page to paint. */
  async read(ids: readonly number[]): Promise<number> {
    const backend = await lens();
    const wanted = await request(ids, (await loaded()).model.config.nLayers);
    await forward();
    return timed(async () => {
      const hidden = await readHidden(ids);
      await drain(backend.read({ ...wanted, hidden }));
    });
  },
  /**
   * Reads a sequence and opens a trainer of every layer, as the page does by default; milliseconds of the
   * model's blocks.
   *
   * @param rows positions of the sequence that steps are taken on
   */
  async openTraining(ids: readonly number[], rows: readonly number[]): Promise<number> {
    const { nLayers, dModel } = (await loaded()).model.config;
    const backend = await training();
    await forward();
    const started = performance.now();
    const hidden = await readHidden(ids);
    const elapsed = performance.now() - started;
    const { targets } = await request(ids, 0);
    const layers = Array.from({ length: nLayers }, (_, layer) => layer);
    const translators = layers.map(() => ({
      weight: new Float32Array(dModel * dModel),
      bias: new Float32Array(dModel),
    }));
    const { weightDecay, schedule } = methodDefaults.adam;
    const trainer = await backend.openTrainer({
      ...{ translators, layers, scales: layers.map(() => ({ weight: 1, bias: 1 })) },
      settings: { ...defaultSettings, method: "adam", weightDecay, schedule },
    });
    const sequence = { hidden, positions: ids.length, targets };
    const pool = backend.openPool(ids.length);
    pool.put(0, sequence);
    trained = { sequence, batch: pool.take(Int32Array.from(rows)), trainer };
    return elapsed;
  },
  /** Milliseconds of the parts of a step over a subset of the vocabulary, by Adam. */
  async trainingStep() {
    const { batch, trainer } = trained!;
    const backend = await training();
    let probs = new Float32Array();
    const finalMs = await timed(async () => {
      probs = new Float32Array(await backend.finalProbs(batch));
    });
    const size = { likeliest: subsetTokens / 2, others: subsetTokens / 2 };
    const started = performance.now();
    const tokens = chooseTokens(probs, size, new Int32Array(0), random(1));
    const chooseMs = performance.now() - started;
    const gradientMs = await timed(() => trainer.accumulate(batch, "kl", tokens, 1));
    const stepMs = await timed(() => trainer.step(1e-4));
    return { finalMs, chooseMs, gradientMs, stepMs };
  },
  /** Milliseconds of a gradient over the whole vocabulary, and its mean loss in nats. */
  async trainingOfAll(): Promise<{ elapsedMs: number; loss: number }> {
    const { batch, trainer } = trained!;
    const started = performance.now();
    const losses = await trainer.accumulate(batch, "kl", null, 1);
    await trainer.step(0);
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    return { elapsedMs: performance.now() - started, loss };
  },
  /** Milliseconds of adding a sequence to the closed form's moments. */
  async moments(): Promise<number> {
    const { sequence } = trained!;
    const sums = (await training()).openMoments(sequence.hidden.slice(1).map((_, layer) => layer));
    await sums.add(sequence); // allocates
    return timed(() => sums.add(sequence));
  },
  /** Milliseconds of nothing but a gradient's matrix products. */
  async bareStep(): Promise<number> {
    return timed(await bareStep());
  },
  /** The GPU in words, or why there is none to measure. */
  async gpu(): Promise<{ adapter: string | null; why: string }> {
    try {
      return { adapter: (await gpu()).adapter, why: "" };
    } catch (error) {
      if (!(error instanceof LensError)) throw error;
      return { adapter: null, why: error.message };
    }
  },
  /** Milliseconds of each of `repeats` lens passes on the GPU, after one to warm up. */
  async gpuPasses(ids: readonly number[], repeats: number): Promise<number[]> {
    const reader = await gpu();
    const prompt = reader.open();
    await prompt.follow(ids);
    const wanted = await request(ids, (await loaded()).model.config.nLayers);
    const elapsed: number[] = [];
    for (let i = 0; i <= repeats; ++i) elapsed.push(await timed(() => drain(prompt.read(wanted))));
    prompt.dispose();
    return elapsed.slice(1);
  },
};

export type StepParts = Awaited<ReturnType<typeof worker.trainingStep>>;

export type BenchWorker = typeof worker;

expose(worker);
