import type { TrainingReport } from "../engine/trainingProtocol";
import type { RunStatus } from "../state/trainingState";

/** How far a training is, between 0 and 1; null where nobody knows. */
export function shareTrained(report: TrainingReport | null): number | null {
  if (!report) return null;
  if (report.phase === "done") return 1;
  const { seconds: spent, secondsLeft, step, steps } = report;
  if (secondsLeft !== null) return spent / Math.max(1e-9, spent + secondsLeft);
  return steps > 0 ? step / steps : null;
}

/** The tab's title while a training goes on, and a visitor may wait in another tab; null otherwise. */
export function trainTitle(run: RunStatus, report: TrainingReport | null): string | null {
  switch (run.status) {
    case "starting":
      return "Training · Midthought";
    case "paused":
      return "Paused · Midthought";
    case "running":
    case "pausing":
    case "cancelling": {
      const share = shareTrained(report);
      return share === null
        ? "Training · Midthought"
        : `${Math.floor(share * 100)}% trained · Midthought`;
    }
    default:
      return null;
  }
}
