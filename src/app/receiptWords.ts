import { inUnit, type UnitScale } from "../chart/lensUnit";
import { commas, count, threeDigits } from "../chart/numbers";
import type { TextSummary, TrainingReceipt, TrainingReport } from "../engine/trainingProtocol";
import { methodDefaults } from "../lens/optimizer";
import type { LensInfo, ModelInfo } from "../lens/reading";
import { usualLength } from "../lens/textSequences";
import { defaultSettings } from "../lens/trainingDefaults";
import type { TrainingSettings } from "../lens/trainingSettings";
import type { Machine } from "../state/trainingState";
import { layersInWords } from "./layerRange";
import { shortened } from "./shortened";
import { beginningName, duration, methodName, startName } from "./trainWords";

export type ReceiptRow = {
  readonly name: string;
  readonly lines: readonly string[];
  /** The last line is what it is all for. */
  readonly isLastStrong?: boolean;
};

/** Whose held-out KL it is, as a receipt names it. */
type MeasuredLens = { readonly of: "logit" | "start" | "lens"; readonly name: string };

export type LayerTable = {
  readonly lenses: readonly MeasuredLens[];
  readonly rows: readonly {
    readonly layer: number;
    readonly cells: readonly { readonly of: MeasuredLens["of"]; readonly nats: string }[];
  }[];
};

function machineWords({ backend, threads, adapter }: Machine & { adapter?: string | null }) {
  if (backend === "webgpu") return "webgpu";
  if (backend === "pytorch") return `PyTorch, ${adapter ?? count(threads, "thread")}`;
  return `wasm, ${count(threads, "thread")}`;
}

/** A training on its way, as far as its receipt is known. */
export type RunSoFar = {
  readonly text: TextSummary;
  readonly settings: TrainingSettings;
  readonly report: TrainingReport;
  /** The last report that measured something. */
  readonly measured: TrainingReport;
  readonly model: ModelInfo;
  readonly machine: Machine;
  readonly version: string;
};

/** A sum's beginning and end, in fours: `5f1c 09e2 … 77ab`. */
export const shortSum = (sha256: string) =>
  `${sha256.slice(0, 4)} ${sha256.slice(4, 8)} … ${sha256.slice(-4)}`;

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const modelRow = ({ name, sha256 }: { name: string; sha256: string }): ReceiptRow => ({
  name: "Model",
  lines: [name, `sha256 ${shortSum(sha256)}`],
});

const textRow = (text: TextSummary): ReceiptRow => ({
  name: "Text",
  lines: [
    `${text.name}, ${count(text.characters, "character")}`,
    ...(text.sampling
      ? [`temperature ${text.sampling.temperature}, seed ${text.sampling.seed}`]
      : []),
    ...(text.sequenceLength === usualLength
      ? []
      : [`in sequences of ${commas(text.sequenceLength)}`]),
    `sha256 ${shortSum(text.sha256)}`,
  ],
});

const startLine = (settings: TrainingSettings) =>
  settings.start === "closedForm"
    ? `closed form, ridge ${settings.ridge}`
    : settings.start === "open"
      ? (settings.startLens ?? "an open lens")
      : "logit lens";

/** Of a text's positions, those that were seen; each counts once. */
const positionsOf = (seen: number, { trainPositions }: TextSummary): string =>
  seen < trainPositions ? `${commas(seen)} of ${commas(trainPositions)}` : commas(trainPositions);

/** What the settings say besides, where it is not the usual. */
function unusual(settings: TrainingSettings, { nLayers }: ModelInfo): ReceiptRow[] {
  const { layers, maxSeconds } = settings;
  const lines = [
    ...(layers && layers.length < nLayers ? [`layers ${layersInWords(layers)} only`] : []),
    ...unusualSteps(settings),
    ...(maxSeconds === null ? [] : [`for at most ${maxSeconds} s`]),
  ];
  return lines.length > 0 ? [{ name: "Trained", lines }] : [];
}

/** A closed form that no step follows knows nothing of these. */
function unusualSteps(settings: TrainingSettings): string[] {
  const { method, loss, parts, weightDecay, clip } = settings;
  if (method === "none") return [];
  const isUsualDecay = weightDecay === null || weightDecay === methodDefaults[method].weightDecay;
  return [
    ...(loss === "crossEntropy" ? ["cross entropy of the next token"] : []),
    ...(parts === "bias" ? ["bias only"] : []),
    ...(isUsualDecay ? [] : [`weight decay ${weightDecay}`]),
    ...(clip === null ? [] : [`gradient clipped at ${clip}`]),
    ...unusualSubset(settings),
  ];
}

function unusualSubset({ subset }: TrainingSettings): string[] {
  if (!subset) return ["the whole vocabulary"];
  const { likeliest, others } = subset;
  const usual = defaultSettings.subset;
  if (likeliest === usual?.likeliest && others === usual.others) return [];
  return [`${commas(likeliest)} likeliest tokens, ${commas(others)} others`];
}

/** The rows of "Receipt", as the page writes them. */
export function receiptRows(receipt: TrainingReceipt, unit: UnitScale): ReceiptRow[] {
  const { text, settings, start, heldOutKl, positions, steps, lensStep, seconds } = receipt;
  return [
    klRow(
      {
        logit: meanOf(heldOutKl.logit),
        start: meanOf(heldOutKl.start),
        lens: meanOf(heldOutKl.lens),
      },
      steps,
      settings,
      unit,
    ),
    textRow(text),
    {
      name: "Positions",
      lines: [`${positionsOf(positions, text)}; ${commas(heldOutKl.positions)} held out`],
    },
    {
      name: "Start",
      lines: [startLine(settings), ...(start.sha256 ? [`sha256 ${shortSum(start.sha256)}`] : [])],
    },
    ...methodRows({ ...settings, ...recipeOf(receipt) }, text, steps, lensStep),
    ...unusual({ ...settings, ...recipeOf(receipt) }, receipt.model),
    { name: "Seed", lines: [String(settings.seed)] },
    modelRow(receipt.model),
    { name: "Time", lines: [`${duration(seconds)}, ${machineWords(receipt)}`] },
    { name: "Made by", lines: [`${receipt.app.name} ${receipt.app.version}`] },
  ];
}

/** The rows of "Receipt so far". */
export function receiptSoFar(run: RunSoFar, unit: UnitScale): ReceiptRow[] {
  const { text, settings, report, measured, model } = run;
  return [
    klRow(
      {
        logit: measured.logitHeldOutKl,
        start: measured.startHeldOutKl,
        lens: measured.phase === "start" ? null : measured.heldOutKl,
      },
      measured.step,
      settings,
      unit,
    ),
    textRow(text),
    {
      name: "Positions",
      lines: [
        `${positionsOf(report.positions, text)}; ${commas(measured.heldOutPositions)} held out`,
      ],
    },
    { name: "Start", lines: [startLine(settings)] },
    ...methodRows(settings, text, report.step, null),
    ...unusual(settings, model),
    { name: "Seed", lines: [String(settings.seed)] },
    modelRow(model),
    { name: "Time", lines: [`${duration(report.seconds)}, ${machineWords(run.machine)}`] },
    { name: "Made by", lines: [`midthought ${run.version}`] },
  ];
}

/** The lenses that a receipt measures, by what they are called; the last is what came of the training. */
function measuredLenses(settings: TrainingSettings, steps: number): MeasuredLens[] {
  const logit: MeasuredLens = { of: "logit", name: startName.logit };
  const began = beginningName(settings);
  const isLogit = settings.start === "logit";
  if (steps === 0) return isLogit ? [logit] : [logit, { of: "lens", name: began }];
  const trained: MeasuredLens = { of: "lens", name: "trained" };
  return isLogit ? [logit, trained] : [logit, { of: "start", name: began }, trained];
}

/** Held-out KL of each layer in words, beside the logit lens and what the training began with. */
export function receiptLayers({ settings, steps, layers, heldOutKl }: TrainingReceipt): LayerTable {
  const lenses = measuredLenses(settings, steps);
  return {
    lenses: lenses.map(({ of, name }) => ({ of, name: shortened(name) })),
    rows: layers.map((layer, i) => ({
      layer,
      cells: lenses.map(({ of }) => ({ of, nats: threeDigits(heldOutKl[of][i]) })),
    })),
  };
}

/**
 * @param kl means in nats; `lens` is null before it was measured
 * @param steps that it had taken then: before the first it is what they begin with
 */
function klRow(
  kl: { readonly logit: number; readonly start: number; readonly lens: number | null },
  steps: number,
  settings: TrainingSettings,
  unit: UnitScale,
): ReceiptRow {
  const all = measuredLenses(settings, steps);
  const measured = kl.lens === null ? all.slice(0, 1) : all;
  const last = measured.length - 1;
  return {
    name: "Held-out KL",
    lines: measured.map(
      ({ of, name }, i) =>
        `${name} ${inUnit(kl[of] ?? Number.NaN, unit)}${i === last && i > 0 ? ` ${unit.unit}` : ""}`,
    ),
    isLastStrong: last > 0,
  };
}

/** Why a lens cannot be used or saved; null where it is open. */
export function closedSentence(
  { model }: TrainingReceipt,
  lens: string | null,
  open: { readonly model: ModelInfo; readonly lenses: readonly LensInfo[] } | null,
): string | null {
  const isOfModel = open?.model.sha256 === model.sha256;
  if (isOfModel && open.lenses.some(({ name }) => name === lens)) return null;
  const because = open && !isOfModel ? `, and ${open.model.name} is the model now` : "";
  return `This lens is of ${model.name}${because}: it is no longer open.`;
}

const scheduleWords = { falling: " falling to 0", averaged: ", averaged" } as const;
const ratesWords = { byLayer: ", by layer", same: "" } as const;

const recipeOf = ({ learningRate, weightDecay, schedule, rates }: TrainingReceipt) => ({
  learningRate,
  weightDecay,
  schedule,
  rates,
});

/**
 * What is null is the method's own, and not known yet.
 *
 * @param steps that were taken; where more are planned, the rate is on its way to their end
 * @param lensStep the step that the lens is of
 */
function methodRows(
  settings: TrainingSettings,
  { trainPositions }: TextSummary,
  steps: number,
  lensStep: number | null,
): ReceiptRow[] {
  const { method, positionsPerStep, learningRate, schedule, rates } = settings;
  if (method === "none") return [];
  const planned = settings.steps ?? Math.ceil(trainPositions / positionsPerStep);
  const taken =
    steps < planned ? `${commas(steps)} of ${count(planned, "step")}` : count(steps, "step");
  const lines = [`${methodName[method]}, ${taken} of ${commas(positionsPerStep)}`];
  const rate = learningRate === null ? "" : ` ${learningRate}`;
  const over = `${schedule ? scheduleWords[schedule] : ""}${rates ? ratesWords[rates] : ""}`;
  if (rate || over) lines.push(`rate${rate}${over}`);
  if (lensStep === 0 && steps > 0) lines.push("the lens is what they began with");
  else if (lensStep !== null && lensStep < steps) lines.push(`the lens is of step ${lensStep}`);
  return [{ name: "Method", lines }];
}
