import { torchBlob } from "../../format/torchWriter";
import { lensTensors } from "../../lens/lensFolder";
import type { App } from "../../lens/readingJson";
import type { Translator } from "../../lens/translator";
import { sha256OfBlobs } from "../../math/sha256Blob";
import type { OpenLens } from "../openLenses";
import type { EngineInfo } from "../protocol";
import type { TrainingReceipt } from "../trainingProtocol";
import type { Translators } from "./heldOut";
import type { Run } from "./runState";
import type { Outcome } from "./train";

const growing = "In training: it is not yet the lens that the training ends with.";

/** A layer that is not trained has a translator that does nothing: tuned-lens opens whole lenses only. */
export function wholeTranslators(translators: Translators, dModel: number): Translator[] {
  const zero = { weight: new Float32Array(dModel * dModel), bias: new Float32Array(dModel) };
  return translators.map((one) => one ?? zero);
}

/** A lens as it is while it is trained. */
export function growingLens(
  run: Run,
  translators: Translators,
  baseModel: string | null,
): OpenLens {
  const { nLayers, dModel } = run.model;
  return {
    info: {
      kind: "tuned",
      name: run.name,
      sha256: null,
      nLayers,
      sizeBytes: 4 * nLayers * dModel * (dModel + 1),
      isBundled: false,
      url: null,
      warnings: [growing],
    },
    translators: wholeTranslators(translators, dModel),
    missing: [],
    baseModel,
    unembedHash: null,
    receipt: null,
  };
}

/** The lens that a training ended with: what `saveLens` writes of it has its sha256. */
export async function trainedLens(
  run: Run,
  outcome: Outcome,
  baseModel: string | null,
  receipt: TrainingReceipt,
): Promise<OpenLens> {
  const lens = growingLens(run, outcome.translators, baseModel);
  const translators = wholeTranslators(outcome.translators, run.model.dModel);
  const params = await torchBlob(lensTensors(translators));
  const sha256 = await sha256OfBlobs([params]);
  return {
    ...lens,
    info: { ...lens.info, sha256, sizeBytes: params.size, warnings: [] },
    translators,
    receipt: { training: receipt, isGiven: false },
  };
}

/** What stands beside a lens that was trained here. */
export function receiptOf(
  run: Run,
  { figures, progress, ended }: Outcome,
  machine: Pick<EngineInfo, "backend" | "threads" | "adapter">,
  app: App,
): TrainingReceipt {
  const { lens, logit, start, positions } = figures;
  return {
    model: run.model,
    text: run.text.summary,
    settings: run.settings,
    start: run.start,
    loss: run.settings.loss,
    ...run.rates,
    steps: progress.step,
    lensStep: progress.bestStep,
    positions: progress.positions,
    layers: run.layers,
    heldOutKl: { unit: "nats", direction: "KL(final || lens)", positions, lens, logit, start },
    backend: machine.backend,
    threads: machine.threads,
    adapter: machine.adapter,
    seconds: progress.seconds,
    app,
    date: new Date().toISOString(),
    ended,
  };
}
