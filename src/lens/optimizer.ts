import type { Floats } from "../math/floats";
import { adam as plainAdam } from "./adam";
import { createMuon } from "./muon";
import type { Orthogonalise } from "./newtonSchulz";
import { sgd } from "./sgd";
import type { TrainerOptions } from "./trainingBackend";
import type { Rates, Schedule } from "./trainingSettings";

type GradientMethod = TrainerOptions["settings"]["method"];

export type StepOptions = {
  readonly rate: number;
  readonly decay: number;
  /** Of this step, from 1. */
  readonly step: number;
  /** What the gradient is multiplied by, so that clipping needs no pass of its own. */
  readonly scale: number;
};

/** How one array of parameters takes a step; all in place. */
export type Rule = {
  /** What it remembers between steps, by name: arrays as long as the parameters, zeros at first. */
  readonly states: readonly string[];
  step(
    parameters: Floats,
    gradient: Floats,
    states: readonly Floats[],
    options: StepOptions,
  ): void | Promise<void>;
};

/** What a method is run with where the visitor says nothing else. */
export const methodDefaults: Readonly<
  Record<
    GradientMethod,
    {
      readonly learningRate: number;
      readonly weightDecay: number;
      readonly schedule: Schedule;
      readonly rates: Rates;
    }
  >
> = {
  adam: { learningRate: 1.6e-3, weightDecay: 0, schedule: "averaged", rates: "byLayer" },
  muon: { learningRate: 0.003, weightDecay: 0.01, schedule: "falling", rates: "same" },
  sgd: { learningRate: 0.1, weightDecay: 1e-3, schedule: "falling", rates: "same" },
};

/** The rules of a method: Muon is for matrices, and leaves vectors to AdamW. */
export function rulesOf(
  method: GradientMethod,
  orthogonalise: Orthogonalise,
  adam = plainAdam,
): { readonly weight: Rule; readonly bias: Rule } {
  if (method === "muon") return { weight: createMuon(orthogonalise), bias: adam };
  const rule = { adam, sgd }[method];
  return { weight: rule, bias: rule };
}

/**
 * The learning rate of a step.
 *
 * @param step steps taken before it
 */
export const rateAt = (step: number, steps: number, rate: number, schedule: Schedule): number =>
  schedule === "averaged" ? rate : rate * Math.max(0, 1 - step / steps);

/** How fast the weight of a step in the average grows with its number: as its cube. */
const averagePower = 3;

/**
 * What an average of the parameters moves toward those of a step, from 1. It needs no end to be known:
 * Shamir and Zhang 2013 (arXiv:1212.1824), polynomial-decay averaging.
 */
export const averageShare = (step: number): number => (averagePower + 1) / (step + averagePower);

/** What a gradient of this norm is multiplied by, as `torch.nn.utils.clip_grad_norm_` does. */
export const clipFactor = (norm: number, clip: number | null): number =>
  clip === null ? 1 : Math.min(1, clip / (norm + 1e-6));
