import type { TrainingReport } from "../engine/trainingProtocol";
import type { RunStatus, TrainingState } from "../state/trainingState";

/** How far a training is, between 0 and 1; null where nobody knows. */
export function shareTrained(report: TrainingReport | null): number | null {
  if (!report) return null;
  if (report.phase === "done") return 1;
  const { seconds: spent, secondsLeft, step, steps } = report;
  if (secondsLeft !== null) return spent / Math.max(1e-9, spent + secondsLeft);
  return steps > 0 ? step / steps : null;
}

/** How much of its text the model has written, between 0 and 1; null where it does not write. */
export function shareSampled({
  text,
  textStatus,
}: Pick<TrainingState, "text" | "textStatus">): number | null {
  if (text.choice !== "sample" || textStatus.status !== "preparing" || !textStatus.progress) {
    return null;
  }
  return textStatus.progress.done / Math.max(1, textStatus.progress.all);
}

/**
 * The tab's title while a training goes on, or the model writes a text, and a visitor may wait in another tab;
 * null otherwise.
 */
export function trainTitle(
  run: RunStatus,
  report: TrainingReport | null,
  sampled: number | null = null,
): string | null {
  const sampling = sampled === null ? null : `${Math.floor(sampled * 100)}% sampled · Midthought`;
  switch (run.status) {
    case "starting":
      return sampling ?? "Training · Midthought";
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
      return sampling;
  }
}
