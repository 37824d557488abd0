import { TrainingError } from "../../errors";

/** How a training is kept on disk while it runs. */
export type Kept = {
  /** A state of it is there to go on from. */
  readonly isOnDisk: boolean;
  /** What keeps the newest from being there; null: nothing. */
  readonly problem: keyof typeof problems | null;
};

const problems = {
  noFiles: "This browser keeps no files for the page",
  noRoom: "There is no room on this machine to keep a training while it runs",
  unwritten: "This machine's disk did not take the training",
};

/** @returns which problem it was to write; null where it was none of the disk's */
export function problemOf(error: unknown): Kept["problem"] {
  if (!(error instanceof DOMException)) return null;
  return error.name === "QuotaExceededError" ? "noRoom" : "unwritten";
}

/** What a reload of the page would lose, a sentence; null where that is nothing. */
export function keptNotice({ isOnDisk, problem }: Kept): string | null {
  if (!problem) return null;
  const lost = isOnDisk ? "what came since it was last saved" : "it";
  return `${problems[problem]}: a reload of the page loses ${lost}.`;
}

/** That the training ended for another model, and whether it can go on. */
export function asideError({ isOnDisk, problem }: Kept): TrainingError {
  const why = "another model was opened";
  if (isOnDisk) {
    const since = problem ? " from where it was last saved" : "";
    return new TrainingError(
      `The training was set aside: ${why}. It can go on${since} when the model is back.`,
    );
  }
  return new TrainingError(
    `The training ended: ${why}, and it could not be kept. ${problems[problem ?? "unwritten"]}.`,
  );
}
