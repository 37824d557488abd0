import type { ModelInfo } from "../../lens/reading";
import type { LayerScale, Moments } from "../../lens/trainingBackend";
import type { TrainingSettings } from "../../lens/trainingSettings";
import type { Translator } from "../../lens/translator";
import type { TrainingReceipt, TrainingReport } from "../trainingProtocol";
import type { Losses } from "./divergence";
import type { Pace } from "./pace";
import type { PreparedText } from "./preparedText";
import type { StepRates } from "./steps";

/** What a training is of: said once, and kept as it is until it ends. */
export type Run = {
  readonly model: ModelInfo;
  readonly text: PreparedText;
  readonly settings: TrainingSettings;
  /** What they come to: the method's own may be other ones when the run is gone on with. */
  readonly rates: StepRates;
  /** Of the lens. */
  readonly name: string;
  /** The layers that are trained, ascending. */
  readonly layers: readonly number[];
  readonly start: TrainingReceipt["start"];
  /** By layer of the model: those of the open lens that it starts from; all null otherwise. */
  readonly startTranslators: readonly (Translator | null)[];
  /** What the visitor should know of its figures, a sentence; null: nothing. */
  readonly notice: string | null;
};

/** KL(final ‖ lens) in nats by trained layer, the mean over the held-out positions that are watched. */
export type KlByLayer = readonly number[];

/** How far a training has come, without what it has learnt. Plain. */
export type Progress = {
  readonly phase: "closedForm" | "steps" | "final";
  /** Sequences that the moments are of. */
  readonly taken: number;
  /** Layers of the closed form that are solved. */
  readonly solved: number;
  /** The closed form has been solved on a part of the text, or that would have cost too much. */
  readonly isSolvedEarly: boolean;
  /** The clock ended the closed form, or the visitor the training. */
  readonly isCut: boolean;
  /** Positions that were trained on. */
  readonly positions: number;
  readonly step: number;
  /** That will have been taken: what the settings ask for, or fewer where the clock ends them. */
  readonly steps: number;
  /** The step of the newest figures. */
  readonly measuredAt: number;
  /** How large the layers' steps are; null before the first. */
  readonly scales: readonly LayerScale[] | null;
  /** Of the steps; null before the first. */
  readonly losses: Losses | null;
  readonly divergedAt: number | null;
  /** Held-out positions that were read for the last figures, one after the other for each lens. */
  readonly finalRead: number;
  readonly seconds: number;
  readonly logit: KlByLayer | null;
  /** Of what the steps began with. */
  readonly start: KlByLayer | null;
  /** The newest figures of the lens in training. */
  readonly lens: KlByLayer | null;
  /** Of the lens that is kept. */
  readonly best: KlByLayer | null;
  /** The step after which it was so: 0 is what the steps began with. */
  readonly bestStep: number;
  readonly pace: Pace;
  /** The newest. */
  readonly report: TrainingReport | null;
  /** Every report that measured something. */
  readonly history: readonly TrainingReport[];
};

/** What a training has learnt so far; translators are those of the trained layers, in their order. */
export type Learnt = {
  /** While the closed form takes positions. */
  readonly moments: Moments | null;
  /** What the steps begin with. */
  readonly start: readonly Translator[] | null;
  /** Of the lowest figures; the same objects as `start` where those are the start's. */
  readonly best: readonly Translator[] | null;
  /** Parameters and the optimiser's state, between two steps. */
  readonly trainer: ReadonlyMap<string, Float32Array> | null;
};

/** All that a training goes on from. Which sequence comes next and what is drawn follow from seed and step. */
export type RunState = { readonly progress: Progress; readonly learnt: Learnt };

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
