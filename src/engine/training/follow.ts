import { TrainingFailedError } from "../../errors";
import type { App } from "../../lens/readingJson";
import type { Session } from "../session";
import type { OnTrainingReport, Trained } from "../trainingProtocol";
import type { Checkpoint } from "./checkpoint";
import { type Driven, drive, type WithKit } from "./drive";
import { createGrowing } from "./growing";
import { baseModelOf } from "./runOf";
import type { Run, RunState } from "./runState";
import { growingLens, receiptOf, trainedLens } from "./trainedLens";

/** What a session trains with. */
export const kitOf =
  (opened: Pick<Session, "withReader">): WithKit =>
  (task, signal) =>
    opened.withReader(
      (reader, stop) => reader.training((kit) => task(kit, reader.backend === "webgpu", stop)),
      signal,
    );

/**
 * Trains to the end, with the lens open as it grows; what was saved of it is gone then.
 *
 * @param disk of this run; null where nothing is kept
 * @throws what `driven.done` throws; the lens is closed then, and what was saved is gone where going on
 * would end the same way
 */
export async function follow(
  opened: Session,
  run: Run,
  from: RunState,
  disk: Checkpoint | null,
  app: App,
  onReport: OnTrainingReport,
  onDriven: (driven: Driven) => void,
): Promise<Trained> {
  const baseModel = baseModelOf(opened);
  const growing = createGrowing(opened);
  const driven = drive(run, from, disk, kitOf(opened), {
    report: onReport,
    lens: (translators) => growing.grow(growingLens(run, translators, baseModel)),
  });
  onDriven(driven);
  try {
    const outcome = await driven.done;
    const receipt = receiptOf(run, outcome, opened.info(), app);
    const lens = await trainedLens(run, outcome, baseModel, receipt);
    const name = growing.finish(lens, outcome.start);
    await disk?.end();
    const notice = [outcome.notice, driven.notice()].filter(Boolean).join(" ") || null;
    return { lens: name, receipt, report: outcome.report, notice };
  } catch (error) {
    growing.close();
    const isCancelled = error instanceof DOMException && error.name === "AbortError";
    // What cannot come to an end is not offered to go on with.
    if (isCancelled || error instanceof TrainingFailedError) await disk?.end();
    throw error;
  }
}
