import * as v from "valibot";

import {
  above0,
  from0,
  layers,
  oneOf,
  seed,
  settingEntries,
  whole,
} from "../../lens/trainingSettingsSchema";
import type { TrainingReceipt } from "../trainingProtocol";

/** A receipt has some kilobytes, of a model of many layers too. */
export const maxReceiptBytes = 2 ** 20;

// What it says is put on the page and saved anew: names have an end, and no half characters.
const name = v.pipe(
  v.string(),
  v.maxLength(500),
  v.transform((text) => text.toWellFormed()),
);
const sum = v.pipe(v.string(), v.regex(/^[\da-f]{64}$/));
const byLayer = v.array(from0);
const app = v.object({ name, version: name });
const model = v.object({
  name,
  family: oneOf("gpt2", "gpt_neox", "llama"),
  nLayers: whole(1, 1000), // each is a line on the page
  dModel: whole(1),
  vocab: whole(1),
  sha256: sum,
});
const text = v.object({
  name,
  kind: oneOf("text", "files", "sample"),
  sampling: v.nullable(v.object({ temperature: above0, seed })),
  characters: whole(0),
  bytes: whole(0),
  documents: whole(0),
  tokens: whole(0),
  sequences: whole(0),
  sequenceLength: whole(1),
  trainPositions: whole(0),
  heldOutPositions: whole(0),
  heldOutBytes: whole(0),
  idsSha256: sum,
  sha256: sum,
});

const training = v.pipe(
  v.object({
    model,
    text,
    // A training elsewhere has none of its own where the closed form is all of it.
    settings: v.object({
      ...settingEntries,
      startLens: v.nullable(name),
      steps: v.nullable(whole(0)),
    }),
    start: v.object({
      kind: settingEntries.start,
      name: v.nullable(name),
      sha256: v.nullable(sum),
    }),
    loss: settingEntries.loss,
    learningRate: from0,
    weightDecay: from0,
    schedule: oneOf("averaged", "falling"),
    rates: oneOf("byLayer", "same"),
    steps: whole(0),
    lensStep: whole(0),
    positions: whole(0),
    layers,
    heldOutKl: v.object({
      unit: v.literal("nats"),
      direction: v.literal("KL(final || lens)"),
      positions: whole(0),
      lens: byLayer,
      logit: byLayer,
      start: byLayer,
    }),
    backend: oneOf("wasm", "webgpu", "pytorch"),
    threads: whole(0),
    adapter: v.nullable(name),
    seconds: from0,
    app,
    date: name,
    ended: oneOf("done", "stopped", "diverged"),
  }),
  v.check(({ layers, heldOutKl: { lens, logit, start } }) =>
    [lens, logit, start].every(({ length }) => length === layers.length),
  ),
  v.check(({ layers, model }) => layers.every((layer) => layer < model.nLayers)),
) satisfies v.GenericSchema<unknown, TrainingReceipt>;

const file = v.object({
  format: v.literal("midthought-lens-receipt/1"),
  params: v.optional(v.object({ sha256: sum })), // within the file itself there are none
  training,
});

/**
 * What a receipt says of how a lens was trained, as `saveLens` and `train.py` write it: somebody's word,
 * since nothing of it but the lens's own sum can be checked.
 *
 * @param sha256 of the file of parameters, which `receipt.json` names; null: the receipt is within that file
 * @returns null where it is of other parameters, says nothing of a training, or is no receipt
 */
export function trainingIn(json: string, sha256: string | null): TrainingReceipt | null {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return null;
  }
  const { success, output } = v.safeParse(file, given, { abortEarly: true });
  if (!success) return null;
  return sha256 === null || output.params?.sha256 === sha256 ? output.training : null;
}
