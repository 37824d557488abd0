import type { TrainingEngine, TrainingReceipt } from "../engine/trainingProtocol";
import type { App } from "../lens/readingJson";
import type { TrainingSettings } from "../lens/trainingSettings";
import { download, lensFileName } from "./exportReading";

/** Saves the zip that trains elsewhere; returns the sentence that says what happened. */
export async function saveTrainElsewhere(
  engine: Pick<TrainingEngine, "trainElsewhere">,
  settings: TrainingSettings,
  lensName: string,
  app: App,
): Promise<string> {
  const zip = await engine.trainElsewhere(settings, app);
  const name = `train-${lensFileName(lensName)}.zip`;
  download(zip, name);
  return `Saved as ${name}. Its README says how to run it; drop the lens that comes of it on this page.`;
}

/** Copies a receipt; returns the sentence that says what happened. */
export async function copyReceipt(receipt: TrainingReceipt): Promise<string> {
  try {
    await navigator.clipboard.writeText(`${JSON.stringify(receipt, null, 2)}\n`);
  } catch {
    return "This browser does not let the page copy. The receipt is in the folder that Save makes of the lens.";
  }
  return "Receipt copied.";
}
