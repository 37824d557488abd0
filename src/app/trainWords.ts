import { commas, count, megabytes, seconds } from "../chart/numbers";
import type {
  SavedRun,
  TextProgress,
  TextSummary,
  TrainingEstimate,
  TrainingReceipt,
  TrainingReport,
} from "../engine/trainingProtocol";
import type { ModelInfo } from "../lens/reading";
import type { Method, Start, TrainingSettings } from "../lens/trainingSettings";
import type { RunStatus } from "../state/trainingState";

export const methodName: Readonly<Record<Method, string>> = {
  adam: "Adam",
  muon: "Muon",
  sgd: "SGD",
  none: "closed form",
};

export const startName: Readonly<Record<Start, string>> = {
  closedForm: "closed form",
  logit: "logit lens",
  open: "open lens",
};

/** What a training begins with is called: an open lens by its own name. */
export const beginningName = ({
  start,
  startLens,
}: Pick<TrainingSettings, "start" | "startLens">): string =>
  start === "open" ? (startLens ?? startName.open) : startName[start];

/** A time in words: `50 s`, `1 min 4 s`, `2 h 5 min`. */
export function duration(s: number): string {
  if (Math.round(s) < 3600) return seconds(s);
  const minutes = Math.round(s / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `310 MB`, `1.2 GB`. */
export const memory = (bytes: number) =>
  bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

/** `84,512 characters. 18,432 positions to train on, 1,024 held out. 21,004 tokens, 102 sequences of 192; 5.3 % held out.` */
export function textSentence(text: TextSummary): string {
  const { characters, tokens, sequences, sequenceLength, trainPositions, heldOutPositions } = text;
  const share = heldOutPositions / (trainPositions + heldOutPositions);
  return `${count(characters, "character")}. ${count(trainPositions, "position")} to train on, ${commas(heldOutPositions)} held out. ${count(tokens, "token")}, ${count(sequences, "sequence")} of ${commas(sequenceLength)}; ${percent(share)} held out.`;
}

const twoDigits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const percent = (share: number) => `${twoDigits.format(100 * share)} %`;

/** What is done with the text meanwhile. */
export function textProgressSentence(
  progress: TextProgress | null,
  isSample: boolean,
  secondsLeft: number | null,
): string {
  if (!progress) return isSample ? "The model is about to write." : "Reading the text.";
  const { done, all, unit } = progress;
  const left = leftWords({ secondsLeft });
  return unit === "bytes"
    ? `Reading the text: ${megabytes(done)} of ${megabytes(all)} MB${left}.`
    : isSample
      ? `The model writes: ${commas(done)} of ${count(all, "token")}${left}.`
      : `Counting: ${commas(done)} of ${count(all, "token")}${left}.`;
}

/** What a training takes on this machine, before it runs. */
export const estimateSentence = (estimate: TrainingEstimate) =>
  `About ${duration(estimate.totalSeconds)} and ${memory(estimate.memoryBytes)} of memory on this machine, and ${memory(estimate.storageBytes)} of disk while it runs.`;

const leftWords = ({ secondsLeft }: Pick<TrainingReport, "secondsLeft">) =>
  secondsLeft === null ? "" : `, about ${duration(secondsLeft)} left`;

/** `Step 41 of 96, about 1 min 4 s left.` */
export function reportSentence(report: TrainingReport): string {
  const left = leftWords(report);
  switch (report.phase) {
    case "start":
      return `The logit lens is measured${left}.`;
    case "closedForm":
      return `Closed form: ${count(report.positions, "position")}${left}.`;
    case "steps":
      return report.step < report.steps
        ? `Step ${commas(report.step)} of ${commas(report.steps)}${left}.`
        : `The held-out text is measured${left}.`;
    case "done":
      return "Trained.";
  }
}

/** `70 positions a second.`, of the closed form and then of the steps; null where neither is under way. */
export function paceSentence(run: RunStatus, report: TrainingReport | null): string | null {
  if (run.status !== "running" || !report?.positionsPerSecond) return null;
  const { phase, step, steps, positionsPerSecond: pace } = report;
  if (phase !== "closedForm" && (phase !== "steps" || step >= steps)) return null;
  return `${pace < 9.95 ? pace.toFixed(1) : commas(Math.round(pace))} positions a second.`;
}

/** What happens now with a training, in a sentence; null where nothing does. */
export function runSentence(
  run: RunStatus,
  report: TrainingReport | null,
  receipt: TrainingReceipt | null,
): string | null {
  switch (run.status) {
    case "idle":
    case "failed":
      return null;
    case "starting":
      return "The training begins.";
    case "running":
      return report ? reportSentence(report) : "The training begins.";
    case "pausing":
      return "Pausing once this step is done.";
    case "paused":
      return `Paused${whereWords(report)}.${report?.isSaved ? " It is saved on this machine and goes on where it was." : ""}`;
    case "cancelling":
      return "Ending. The best lens so far is kept.";
    case "done":
      return receipt && trainedSentence(receipt);
  }
}

const whereWords = (report: TrainingReport | null) =>
  report?.phase === "steps" ? ` at step ${commas(report.step)} of ${commas(report.steps)}` : "";

/** `Trained in 2 min 41 s. Held-out KL fell at every layer.` */
export function trainedSentence(receipt: TrainingReceipt): string {
  const took =
    receipt.ended === "done"
      ? `Trained in ${duration(receipt.seconds)}.`
      : receipt.ended === "stopped"
        ? `Stopped after ${duration(receipt.seconds)}, at step ${commas(receipt.steps)}; the best lens is kept.`
        : `It diverged at step ${commas(receipt.steps)}, after ${duration(receipt.seconds)}; the best lens before that is kept.`;
  return `${took} ${fellSentence(receipt)}`;
}

/** Against what it began with; a closed form that nothing followed, against the logit lens. */
function fellSentence({ settings, layers, heldOutKl }: TrainingReceipt): string {
  const isAgainstLogit = settings.method === "none" || settings.start === "logit";
  const before = isAgainstLogit ? heldOutKl.logit : heldOutKl.start;
  const rose = layers.filter((_, i) => !(heldOutKl.lens[i] < before[i]));
  const what = isAgainstLogit ? "Held-out KL is below the logit lens’s" : "Held-out KL fell";
  if (rose.length === 0) return `${what} at every layer.`;
  const fell = layers.length - rose.length;
  if (fell === 0) {
    return isAgainstLogit
      ? "Held-out KL is below the logit lens’s at no layer."
      : "Held-out KL fell at no layer.";
  }
  const which =
    rose.length <= 3 ? `layer${rose.length > 1 ? "s" : ""} ${listed(rose)}` : "the rest";
  return `${what} at ${fell} of ${count(layers.length, "layer")}, not at ${which}.`;
}

const listed = (all: readonly number[]) =>
  all.length === 1 ? String(all[0]) : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  hour: "2-digit",
  minute: "2-digit",
});

/** `A training of SmolLM2-135M on opticks.txt, from 24 November at 11:49, was cut off at step 41 of 96.` */
export function savedSentence({ model, text, savedAt, report }: SavedRun): string {
  const where =
    report && report.phase !== "done" && report.phase !== "start"
      ? report.phase === "steps"
        ? ` at step ${commas(report.step)} of ${commas(report.steps)}`
        : " in its closed form"
      : "";
  return `A training of ${model.name} on ${textName(text)}, from ${day.format(new Date(savedAt))}, was cut off${where}.`;
}

/** Why a saved training cannot be gone on with, and what can be done; null where it can. */
export function savedRemedy({ isOfModel, model }: SavedRun, now: ModelInfo | null): string | null {
  if (isOfModel) return null;
  const inUse = now ? `; the one in use is ${now.name} (sha256 ${now.sha256})` : "";
  return `It is of another model, ${model.name} (sha256 ${model.sha256})${inUse}. Open that model’s files to go on with it.`;
}

/** What Train does to a saved training. */
export const anewSentence = ({ isOfModel }: SavedRun): string =>
  isOfModel
    ? "Train begins anew and discards the training that was cut off."
    : "There is a place for one training: discard the one that was cut off, then train.";

/** What the visitor knows a text by. */
export const textName = ({ name, kind }: TextSummary) =>
  kind === "sample" ? "text of its own" : name === "pasted" ? "pasted text" : name;
