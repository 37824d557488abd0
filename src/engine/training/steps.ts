import { layerScale } from "../../lens/layerScale";
import { methodDefaults, rateAt } from "../../lens/optimizer";
import { chooseTokens } from "../../lens/tokenSubset";
import type { LayerScale, LensTrainer, Sequence, TokenSubset } from "../../lens/trainingBackend";
import type { Rates, Schedule, TrainingSettings } from "../../lens/trainingSettings";
import type { Translator } from "../../lens/translator";
import { nextTask } from "../../math/nextTask";
import { type Batches, openBatches } from "./batches";
import { isFarAbove, isGrowing, withLoss } from "./divergence";
import { figuresLeft, stepsBetween } from "./measuring";
import { secondsOf, stepWork } from "./pace";
import { mean, type Progress, type Run } from "./runState";
import { randomAt } from "./sequences";
import type { Underway } from "./underway";

/** Positions by which a layer's steps are scaled. */
const scaledBy = 64;

/** Optimiser steps that the settings ask for. */
export function plannedSteps({ text, settings }: Pick<Run, "text" | "settings">): number {
  if (settings.method === "none") return 0;
  const positions = text.train.length * text.summary.sequenceLength;
  return settings.steps ?? Math.ceil(positions / settings.positionsPerStep);
}

/** Sequences that are run for a step: less than one where a sequence is enough for several. */
export const sequencesOfStep = ({ text, settings }: Pick<Run, "text" | "settings">) =>
  settings.positionsPerStep / text.summary.sequenceLength;

/** How steps are taken where nothing is left to the method. */
export type StepRates = {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly schedule: Schedule;
  readonly rates: Rates;
};

/** The settings' own, or the method's. */
export function ratesOf({ method, ...settings }: TrainingSettings): StepRates {
  const defaults = methodDefaults[method === "none" ? "adam" : method];
  return {
    learningRate: settings.learningRate ?? defaults.learningRate,
    weightDecay: settings.weightDecay ?? defaults.weightDecay,
    schedule: settings.schedule ?? defaults.schedule,
    rates: settings.rates ?? defaults.rates,
  };
}

/** Takes the optimiser's steps, until they are done, the clock has run out, or the lens gets worse and worse. */
export async function takeSteps<Hidden>(underway: Underway<Hidden>): Promise<void> {
  const { run, kit, learnt } = underway;
  const { method } = run.settings;
  if (method === "none") return;
  const batches = openBatches(underway);
  try {
    if (!underway.progress.scales) {
      underway.note({ scales: await scalesOf(underway, batches) });
    }
    const trainer = await kit.backend.openTrainer({
      translators: learnt.start!,
      layers: run.layers,
      scales: underway.progress.scales!,
      settings: { ...run.settings, ...run.rates, method },
    });
    underway.takeTrainer(trainer);
    for (;;) {
      fitSteps(underway);
      if (isMeasureDue(underway)) await measureStep(underway, trainer);
      const { step, steps, divergedAt } = underway.progress;
      if (step >= steps || divergedAt !== null) break;
      await underway.timed("step", 1, () => takeStep(underway, trainer, batches));
      await underway.report("steps", false);
      await underway.between();
    }
  } finally {
    batches.dispose();
  }
  underway.closeTrainer();
}

/** How large each layer's steps are: from what the start leaves of it in positions of the first pool. */
async function scalesOf<Hidden>(
  { run, kit, learnt }: Underway<Hidden>,
  batches: Batches<Hidden>,
): Promise<readonly LayerScale[]> {
  if (run.rates.rates === "same") return run.layers.map(() => ({ weight: 1, bias: 1 }));
  const sample = await batches.sample(scaledBy);
  const final = await kit.backend.statesOf(sample, run.model.nLayers);
  const scales: LayerScale[] = [];
  for (const [i, layer] of run.layers.entries()) {
    const hidden = await kit.backend.statesOf(sample, layer);
    await nextTask();
    scales.push(layerScale(learnt.start![i], hidden, final));
  }
  return scales;
}

async function takeStep<Hidden>(
  { run, signal, progress, note, kit }: Underway<Hidden>,
  trainer: LensTrainer<Hidden>,
  batches: Batches<Hidden>,
): Promise<void> {
  const { settings } = run;
  const { subset, seed } = settings;
  const { step, steps } = progress;

  async function tokensOf(sequence: Sequence<Hidden>, i: number): Promise<TokenSubset | null> {
    if (!subset) return null;
    const probs = await kit.backend.finalProbs(sequence);
    const targets = settings.loss === "crossEntropy" ? sequence.targets : new Int32Array(0);
    return chooseTokens(probs, subset, targets, randomAt(seed, step, i));
  }

  let positions = 0;
  let loss = 0;
  for await (const { sequence, share } of batches.of(step)) {
    const tokens = await tokensOf(sequence, positions);
    const losses = await trainer.accumulate(sequence, settings.loss, tokens, share);
    signal.throwIfAborted();
    loss += share * mean(Array.from(losses));
    positions += sequence.positions;
  }
  const { learningRate, schedule } = run.rates;
  const norm = await trainer.step(rateAt(step, steps, learningRate, schedule));
  const isSound = Number.isFinite(loss) && Number.isFinite(norm);
  const losses = isSound ? withLoss(progress.losses, loss, positions) : progress.losses;
  const isDiverging = !isSound || isGrowing(losses!);
  note({
    step: step + 1,
    positions: progress.positions + positions,
    losses,
    divergedAt: isDiverging ? step + 1 : null,
  });
}

/** Where the clock is set, as many steps as fit; the learning rate ends with them. */
function fitSteps<Hidden>({ run, progress, watched, seconds, note }: Underway<Hidden>): void {
  const { step, pace } = progress;
  const { maxSeconds } = run.settings;
  if (maxSeconds === null) return;
  const figures = Math.max(1, figuresLeft(run, progress, watched));
  const left = maxSeconds - seconds() - figures * watched * (pace.heldOut ?? 0);
  const each = stepSeconds(run, progress);
  const isKnown = each !== null && step >= 2; // the first one also makes what it runs on
  const fit = left <= 0 ? 0 : isKnown ? Math.floor(left / each) : Number.POSITIVE_INFINITY;
  note({ steps: Math.min(plannedSteps(run), step + fit) });
}

/** With the forward runs that one needs. */
const stepSeconds = (run: Run, { pace }: Progress) =>
  secondsOf(pace, stepWork(1, sequencesOfStep(run)));

function isMeasureDue<Hidden>({ run, progress, watched }: Underway<Hidden>): boolean {
  const { step, steps, measuredAt, divergedAt } = progress;
  if (step === measuredAt) return false;
  if (step >= steps || divergedAt !== null) return true;
  return step - measuredAt >= stepsBetween(run, steps, watched);
}

async function measureStep<Hidden>(
  underway: Underway<Hidden>,
  trainer: LensTrainer<Hidden>,
): Promise<void> {
  const { step, start, best, divergedAt } = underway.progress;
  const isLogit = underway.run.settings.start === "logit";
  const trained = await trainer.translators();
  const lens = underway.lensOf(trained);
  const kl = isFiniteLens(trained) ? await underway.measure(lens) : null;
  underway.note({ measuredAt: step });
  if (kl === null || isFarAbove(kl, start!, isLogit)) {
    underway.note({ divergedAt: divergedAt ?? step });
    return; // in a chart these figures would dwarf all others
  }
  underway.note({ lens: kl });
  if (mean(kl) < mean(best!)) {
    underway.learn({ best: trained });
    underway.note({ best: kl, bestStep: step });
  }
  underway.show(lens);
  await underway.report("steps", true);
}

const isFiniteLens = (translators: readonly Translator[]) =>
  translators.every(
    ({ weight, bias }) => weight.every(Number.isFinite) && bias.every(Number.isFinite),
  );
