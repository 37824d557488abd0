import { TrainingError } from "../../errors";
import type { ModelInfo } from "../../lens/reading";
import { solveRidge } from "../../lens/ridge";
import { chooseTokens } from "../../lens/tokenSubset";
import type { TrainingSettings } from "../../lens/trainingSettings";
import { random } from "../../math/random";
import type { TrainingKit } from "../reader";
import type { TrainingEstimate } from "../trainingProtocol";
import { poolOf } from "./batches";
import type { WithKit } from "./drive";
import { watchedOf } from "./heldOut";
import { figuresLeft } from "./measuring";
import { noWork, type Pace, secondsOf, stepWork, unknownPace } from "./pace";
import type { PreparedText } from "./preparedText";
import { openForward } from "./sequences";
import { plannedSteps, ratesOf, sequencesOfStep } from "./steps";
import { watchedPositions } from "./underway";

/** What a machine takes, in seconds. */
type Speed = {
  /** A position. */
  readonly forward: number;
  /** A position. */
  readonly finalProbs: number;
  /** A position and layer. */
  readonly moments: number;
  readonly gradient: number;
  readonly heldOut: number;
  /** A layer. */
  readonly solve: number;
  readonly step: number;
};

/** Layers that a machine is measured with. */
const sampledLayers = 2;
/** Positions and layers that it reads with the whole vocabulary: two blocks of wasm's, and the output row's. */
const readPositions = 16;
const readLayers = 8;

const secondsSince = (before: number) => (performance.now() - before) / 1000;

/** A backend as it was measured, for a model and what its steps read. */
type Known = { readonly key: string; readonly isGpu: boolean; readonly speed: Speed };

/** Measures what the parts of a training take here, once for a backend, a model and what its steps read. */
export function createMachine() {
  let known: Known | null = null;
  let measuring: { readonly key: string; readonly known: Promise<Known> } | null = null;

  async function measured(
    withKit: WithKit,
    model: ModelInfo,
    text: PreparedText,
    settings: TrainingSettings,
  ): Promise<Known> {
    const key = keyOf(model, text, settings);
    if (measuring?.key !== key) {
      const { signal } = new AbortController();
      const task = withKit(async (kit, isGpu, stop) => {
        if (known?.key === key && known.isGpu === isGpu) return known;
        return { key, isGpu, speed: await measure(kit, model, text, settings, stop) };
      }, signal);
      measuring = { key, known: task };
    }
    const mine = measuring;
    try {
      known = await mine.known;
      return known;
    } finally {
      if (measuring === mine) measuring = null;
    }
  }

  return {
    /** What a training can take for granted until it has seen for itself. */
    pace(model: ModelInfo, settings: TrainingSettings, text: PreparedText): Pace {
      if (known?.key !== keyOf(model, text, settings)) return unknownPace;
      return paceOf(known.speed, model, settings, text);
    },
    async estimate(
      withKit: WithKit,
      model: ModelInfo,
      text: PreparedText,
      settings: TrainingSettings,
    ): Promise<TrainingEstimate> {
      const { speed, isGpu } = await measured(withKit, model, text, settings);
      const times = timesOf(paceOf(speed, model, settings, text), model, text, settings);
      return { ...times, ...spaceOf(model, text, settings, isGpu) };
    },
  };
}

const keyOf = (
  { sha256 }: ModelInfo,
  { summary }: PreparedText,
  { method, subset, parts, loss }: TrainingSettings,
) => JSON.stringify([sha256, summary.sequenceLength, method, subset, parts, loss]);

/** Each part runs once before it is timed: sessions and pipelines are made at their first run. */
async function measure<Hidden>(
  kit: TrainingKit<Hidden>,
  { nLayers, dModel }: ModelInfo,
  text: PreparedText,
  settings: TrainingSettings,
  signal: AbortSignal,
): Promise<Speed> {
  const ids = text.train[0];
  const layers = [0, nLayers - 1].slice(0, Math.min(sampledLayers, nLayers));
  const zero = () => ({
    weight: new Float32Array(dModel * dModel),
    bias: new Float32Array(dModel),
  });
  const method = settings.method === "none" ? "adam" : settings.method;
  const opened: { dispose(): void }[] = [];
  const open = <T extends { dispose(): void }>(one: T): T => {
    opened.push(one);
    return one;
  };
  /** Of the second of two runs. */
  const timed = async (work: () => Promise<unknown>) => {
    await work();
    signal.throwIfAborted();
    const before = performance.now();
    await work();
    return secondsSince(before);
  };
  try {
    const forward = open(openForward(kit));
    const prompt = open(kit.open());
    const sums = open(kit.backend.openMoments(layers));
    const options = {
      translators: layers.map(zero),
      layers,
      scales: layers.map(() => ({ weight: 1, bias: 1 })),
      settings: { ...settings, ...ratesOf(settings), method },
    };
    const trainer = open(await kit.backend.openTrainer(options));
    const forwardSeconds = await timed(() => forward.run(ids, signal));
    const sequence = await forward.run(ids, signal);
    let probs: Float32Array = new Float32Array(0);
    const probsSeconds = settings.subset
      ? await timed(async () => {
          probs = await kit.backend.finalProbs(sequence);
        })
      : 0;
    const tokens =
      settings.subset && chooseTokens(probs, settings.subset, sequence.targets, random(0));
    const gradient = await timed(() => trainer.accumulate(sequence, settings.loss, tokens, 1));
    const step = await timed(() => trainer.step(0));
    const moments = await timed(() => sums.add(sequence));
    const before = performance.now();
    try {
      await solveRidge(await sums.read(), layers[0], 0, settings.ridge);
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error; // so few positions have no solution
    }
    const solve = secondsSince(before);

    const to = Math.min(readPositions, ids.length);
    await prompt.follow(Array.from(ids.subarray(0, to)), signal);
    const read = Array.from({ length: Math.min(readLayers, nLayers) }, (_, layer) => layer);
    const one = zero();
    const request = {
      from: 0,
      to,
      layers: read,
      targets: new Int32Array(to).fill(-1),
      k: 1,
      translators: Array.from({ length: nLayers }, () => one),
    };
    const heldOut = await timed(async () => {
      for await (const _ of prompt.read(request, signal));
    });
    const cells = ids.length * layers.length;
    return {
      forward: forwardSeconds / ids.length,
      finalProbs: probsSeconds / ids.length,
      moments: moments / cells,
      gradient: gradient / cells,
      heldOut: heldOut / (to * (read.length + 1)), // the output row is read too
      solve,
      step: step / layers.length,
    };
  } finally {
    for (const one of opened) one.dispose();
  }
}

const layersOf = ({ nLayers }: ModelInfo, { layers }: TrainingSettings) =>
  layers?.length ?? nLayers;

function paceOf(
  speed: Speed,
  model: ModelInfo,
  settings: TrainingSettings,
  text: PreparedText,
): Pace {
  const layers = layersOf(model, settings);
  const positions = settings.positionsPerStep;
  return {
    position: speed.forward + layers * speed.moments,
    solve: speed.solve,
    forward: text.summary.sequenceLength * speed.forward,
    step: positions * (speed.finalProbs + layers * speed.gradient) + layers * speed.step,
    heldOut: (layers + 1) * speed.heldOut,
  };
}

/** Seconds of the whole, and of its parts. */
function timesOf(pace: Pace, model: ModelInfo, text: PreparedText, settings: TrainingSettings) {
  const layers = layersOf(model, settings);
  const steps = plannedSteps({ text, settings });
  const { trainPositions, heldOutPositions } = text.summary;
  const seconds = (work: object) => secondsOf(pace, { ...noWork, ...work }) ?? 0;
  const watched = Math.min(watchedPositions, heldOutPositions);
  const run = { model, settings, layers: Array.from({ length: layers }, (_, layer) => layer) };
  const figures = 2 + figuresLeft(run, { steps, measuredAt: 0 }, watched); // of the logit lens and the start too
  const closedForm = { position: trainPositions, solve: layers };
  const closedFormSeconds = settings.start === "closedForm" ? seconds(closedForm) : 0;
  const stepSeconds = seconds(stepWork(1, sequencesOfStep({ text, settings })));
  const evaluationSeconds = seconds({ heldOut: 3 * heldOutPositions });
  const training =
    closedFormSeconds + steps * stepSeconds + seconds({ heldOut: watched * figures });
  const most = settings.maxSeconds ?? Number.POSITIVE_INFINITY;
  return {
    steps,
    closedFormSeconds,
    stepSeconds,
    evaluationSeconds,
    totalSeconds: Math.min(most, training) + evaluationSeconds,
  };
}

/** Bytes of all that a training keeps beside the model, in memory and on disk. */
function spaceOf(model: ModelInfo, text: PreparedText, settings: TrainingSettings, isGpu: boolean) {
  const { nLayers, dModel } = model;
  const layers = layersOf(model, settings);
  const isStepped = plannedSteps({ text, settings }) > 0;
  const lens = 4 * layers * dModel * (dModel + 1);
  const moments = settings.start === "closedForm" ? 4 * lens : 0; // two matrices a layer, in float64
  // Parameters with the optimiser's one or two arrays, beside the start and the best so far.
  const arrays =
    (settings.method === "adam" ? 3 : 2) + Number(ratesOf(settings).schedule === "averaged");
  const state = isStepped ? (arrays + 2) * lens : 2 * lens;

  // Gradients, and the pool that they are of; on wasm what goes into a run and what comes out of it stand beside.
  const states = (positions: number) => 4 * (nLayers + 1) * positions * dModel;
  const { rows } = poolOf({ text });
  const stepping = isStepped ? (isGpu ? 1 : 3) * lens + states(rows) : 0;
  const { count } = watchedOf(text.heldOut, watchedPositions);
  const watched = states(count * text.summary.sequenceLength);

  // What is saved is copied first, for a while.
  const memoryBytes = watched + 2 * Math.max(moments + lens, state) + stepping;
  const start = settings.start === "open" ? 4 * nLayers * dModel * (dModel + 1) : 0;
  const ids = 4 * (text.summary.trainPositions + text.summary.heldOutPositions);
  const runBytes = ids + text.summary.bytes + start;
  return {
    memoryBytes,
    storageBytes: runBytes + 2 * Math.max(moments, state), // one is whole while the other is written
  };
}
