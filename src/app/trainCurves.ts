import type { LayerLine } from "../chart/layerChart";
import { inUnit, type UnitScale } from "../chart/lensUnit";
import { commas, count } from "../chart/numbers";
import type { TimePoint } from "../chart/trainingByTime";
import type { TrainingReport } from "../engine/trainingProtocol";
import type { TrainingSettings } from "../lens/trainingSettings";
import { shortened } from "./shortened";
import { beginningName, duration, methodName, startName } from "./trainWords";

/** What the steps began with is called. */
const beginning = (settings: TrainingSettings) => shortened(beginningName(settings));

const atOf = ({ seconds, heldOutKl }: TrainingReport): TimePoint => ({ seconds, nats: heldOutKl });

/** What of a run's reports is drawn by time; null are the settings before there is a run. */
export function timeCurves(history: readonly TrainingReport[], settings: TrainingSettings | null) {
  const of = (phase: TrainingReport["phase"]) => history.filter((one) => one.phase === phase);
  const fits = of("closedForm").map(atOf);
  const done = of("done").at(-1);
  const taken = of("steps").map(atOf); // from the start on, where no closed form is made
  const fitted = fits.at(-1);
  const watched = history.findLast(({ phase }) => phase !== "done");
  // Of other positions than the curve: what it is to be held against is what it began with, of the same.
  const isOfOthers = done && done.step > 0 && done.heldOutPositions !== watched?.heldOutPositions;
  return {
    fits,
    steps: fitted && taken.length > 0 ? [fitted, ...taken] : taken,
    result: done ? atOf(done) : null,
    before:
      isOfOthers && settings
        ? { name: beginning(settings), seconds: done.seconds, nats: done.startHeldOutKl }
        : null,
  };
}

/** What of a run's last report is drawn by layer: the logit lens always, what it began with, what it is now. */
export function layerLines(report: TrainingReport, settings: TrainingSettings): LayerLine[] {
  const { start, method } = settings;
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
    name: beginning(settings),
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

/** The curve by time in numbers: when, after what, the mean of each lens that was measured then, of how many positions. */
export function timeTable(
  history: readonly TrainingReport[],
  settings: TrainingSettings,
  unit: UnitScale,
) {
  const measured = history.map((report) => ({ report, lines: layerLines(report, settings) }));
  // One column a look, which a lens keeps throughout its run.
  const all = measured.flatMap(({ lines }) => lines);
  const lenses = (["logit", "start", "trained"] as const).flatMap(
    (look) => all.findLast((one) => one.look === look) ?? [],
  );
  return {
    columns: ["time", "after", ...lenses.map(({ name }) => name), "held-out positions"],
    rows: measured.map(({ report, lines }) => [
      timeWords(report.seconds),
      afterWords(report),
      ...lenses.map(({ look }) => {
        const values = lines.find((one) => one.look === look)?.values;
        return values ? inUnit(mean(values), unit) : "";
      }),
      commas(report.heldOutPositions),
    ]),
  };
}

/** Of a small model there are many in a second. */
const timeWords = (s: number) => (s < 9.95 ? `${s.toFixed(1)} s` : duration(s));

function afterWords({ phase, step, positions }: TrainingReport): string {
  if (phase === "start") return "no training";
  if (phase === "closedForm") return `closed form of ${count(positions, "position")}`;
  return phase === "done" ? `the end, ${count(step, "step")}` : count(step, "step");
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the curve by time is called. */
export const curveName = ({ method }: TrainingSettings) => methodName[method];
