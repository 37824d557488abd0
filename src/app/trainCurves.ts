import type { LayerLine } from "../chart/layerChart";
import { inUnit, type UnitScale } from "../chart/lensUnit";
import { commas, count } from "../chart/numbers";
import type { TimePoint } from "../chart/trainingByTime";
import type { TrainingReport } from "../engine/trainingProtocol";
import type { TrainingSettings } from "../lens/trainingSettings";
import { shortened } from "./shortened";
import { methodName, startName } from "./trainWords";

const atOf = ({ seconds, heldOutKl }: TrainingReport): TimePoint => ({ seconds, nats: heldOutKl });

/** What of a run's reports is drawn by time. */
export function timeCurves(history: readonly TrainingReport[]) {
  const of = (phase: TrainingReport["phase"]) => history.filter((one) => one.phase === phase);
  const fits = of("closedForm").map(atOf);
  const done = of("done").at(-1);
  const taken = of("steps").map(atOf); // from the start on, where no closed form is made
  const fitted = fits.at(-1);
  return {
    fits,
    steps: fitted && taken.length > 0 ? [fitted, ...taken] : taken,
    result: done ? atOf(done) : null,
  };
}

/** What of a run's last report is drawn by layer: the logit lens always, what it began with, what it is now. */
export function layerLines(
  report: TrainingReport,
  { start, startLens, method }: TrainingSettings,
): LayerLine[] {
  const logit: LayerLine = {
    name: "logit lens",
    look: "logit",
    values: report.logitHeldOutKlByLayer,
  };
  const fitted: LayerLine = {
    name: startName.closedForm,
    look: method === "none" ? "trained" : "start",
    values: report.heldOutKlByLayer,
  };
  if (report.phase === "start") return [logit];
  if (report.phase === "closedForm" || method === "none") return [logit, fitted];
  const began: LayerLine = {
    name: start === "open" ? shortened(startLens ?? startName.open) : startName[start],
    look: "start",
    values: report.startHeldOutKlByLayer,
  };
  const before = start === "logit" ? [logit] : [logit, began];
  if (report.step === 0) return before; // no step is taken yet
  const trained: LayerLine = {
    name: "trained",
    look: "trained",
    values: report.heldOutKlByLayer,
  };
  return [...before, trained];
}

/**
 * The logit lens beside a run's curve, and where the end was measured of more positions, also beside its
 * dot there: `logit lens 11.3 of 128 positions; at the end 11.4 of 768`.
 */
export function logitWords(history: readonly TrainingReport[], unit: UnitScale): string | null {
  const last = history.at(-1);
  if (!last) return null;
  const watched = history.findLast(({ phase }) => phase !== "done") ?? last;
  const { logitHeldOutKl, heldOutPositions } = watched;
  const curve = `logit lens ${inUnit(logitHeldOutKl, unit)} of ${count(heldOutPositions, "position")}`;
  if (last.heldOutPositions === heldOutPositions) return curve;
  return `${curve}; at the end ${inUnit(last.logitHeldOutKl, unit)} of ${commas(last.heldOutPositions)}`;
}

/** What the curve by time is called. */
export const curveName = ({ method }: TrainingSettings) => methodName[method];
