import * as v from "valibot";

import type { TextOptions } from "../engine/trainingProtocol";
import { TrainingError } from "../errors";
import { defaultSample, defaultSettings } from "../lens/trainingDefaults";
import type { TrainingSettings } from "../lens/trainingSettings";
import { above0, seed, settingEntries, whole } from "../lens/trainingSettingsSchema";

const textEntries = {
  text: v.optional(v.string("a string")),
  sample: v.optional(
    v.strictObject(
      {
        positions: v.optional(whole(1), defaultSample.positions),
        temperature: v.optional(above0, defaultSample.temperature),
        seed: v.optional(seed, defaultSample.seed),
      },
      "{ positions, temperature, seed }",
    ),
  ),
  sequenceLength: v.optional(v.nullable(whole(2)), null),
  heldOut: v.optional(v.nullable(whole(1)), null),
};

const name = v.pipe(
  v.string("a name"),
  v.trim(),
  v.nonEmpty("a name"),
  v.maxLength(100, "a name of at most 100 characters"),
);

const settingsSchema = v.strictObject(settingEntries);
const trainingSchema = v.strictObject({
  ...textEntries,
  ...v.partial(v.object(settingEntries)).entries,
  name: v.optional(name),
});
const evaluationSchema = v.strictObject({
  ...textEntries,
  lenses: v.optional(v.array(v.string("a lens's name"), "a list of lenses")),
  positions: v.optional(v.nullable(whole(1)), null),
  transferOf: v.optional(v.nullable(v.string("a lens's name")), null),
  seed: v.optional(seed, 0),
});

/** What `midthought.train` may be told: the Train tab's fields, flat. */
export type TrainingOptions = v.InferInput<typeof trainingSchema>;
/** What `midthought.evaluate` may be told. */
export type EvaluationOptions = v.InferInput<typeof evaluationSchema>;

/** A text that a script gives. */
export type TextGiven = {
  /** null: the model writes it. */
  readonly text: string | null;
  readonly sample: {
    readonly positions: number;
    readonly temperature: number;
    readonly seed: number;
  };
  readonly options: TextOptions;
};

function parse<Schema extends v.GenericSchema & { entries: object }>(
  schema: Schema,
  what: "training" | "evaluation",
  given: unknown,
): v.InferOutput<Schema> {
  const { success, issues, output } = v.safeParse(schema, given, { abortEarly: true });
  if (success) return output;
  const [{ path, type, expected, message }] = issues;
  const field = path?.map(({ key }) => String(key)).join(".");
  const options = Object.keys(schema.entries).join(", ");
  if (!field) throw new TrainingError(`The ${what}'s options are one object of ${options}.`);
  if (type === "strict_object" && expected === "never") {
    throw new TrainingError(`There is no ${what} option ${field}. The options are ${options}.`);
  }
  throw new TrainingError(`The ${what}'s ${field} is not ${message}.`);
}

function textOf(
  what: "training" | "evaluation",
  {
    text,
    sample,
    sequenceLength,
    heldOut,
  }: v.InferOutput<v.ObjectSchema<typeof textEntries, undefined>>,
): TextGiven | null {
  if (text !== undefined && sample !== undefined) {
    throw new TrainingError(`The ${what} has both a text and a sample. Give one of them.`);
  }
  if (text === undefined && sample === undefined) {
    const unused = Object.entries({ sequenceLength, heldOut }).find(([, size]) => size !== null);
    if (unused && what === "evaluation") {
      throw new TrainingError(
        `The evaluation's ${unused[0]} is of a text. Give it a text or a sample too, or leave it out.`,
      );
    }
    return null;
  }
  return {
    text: text ?? null,
    sample: sample ?? defaultSample,
    options: { sequenceLength, heldOut },
  };
}

/**
 * A script's options as the tab's fields: what it does not say is the default, whatever the form says.
 *
 * @param nLayers of the model; null while it is not known
 * @throws TrainingError that names the option
 */
export function parseTrainingOptions(given: unknown, nLayers: number | null) {
  const { text, sample, sequenceLength, heldOut, name, ...said } = parse(
    trainingSchema,
    "training",
    given,
  );
  const textGiven = textOf("training", { text, sample, sequenceLength, heldOut });
  if (!textGiven) throw new TrainingError("The training has no text. Give it one, or a sample.");
  const start = said.startLens && said.start === undefined ? "open" : said.start;
  const known = Object.entries({ ...said, start }).filter(([, value]) => value !== undefined);
  const settings: TrainingSettings = { ...defaultSettings, ...Object.fromEntries(known) };
  checkSettings(settings, nLayers);
  return { text: textGiven, settings, name: name ?? null };
}

/** @throws TrainingError that names the option */
export function parseEvaluationOptions(given: unknown) {
  const { text, sample, sequenceLength, heldOut, lenses, ...request } = parse(
    evaluationSchema,
    "evaluation",
    given,
  );
  const textGiven = textOf("evaluation", { text, sample, sequenceLength, heldOut });
  return { text: textGiven, request: lenses ? { ...request, lenses } : request };
}

/**
 * @param nLayers of the model; null while it is not known
 * @throws TrainingError that names what a training cannot be run with
 */
export function checkSettings(settings: TrainingSettings, nLayers: number | null): void {
  const { start, startLens, method, layers } = parse(settingsSchema, "training", settings);
  if (start === "open" && startLens === null) {
    throw new TrainingError("The training starts from an open lens. Choose which.");
  }
  if (start !== "open" && startLens !== null) {
    throw new TrainingError(
      `The training names the lens ${startLens}, and does not start from it.`,
    );
  }
  if (method === "none" && start !== "closedForm") {
    throw new TrainingError(
      "Nothing would be trained: without steps, only the closed form makes a new lens. Choose a method.",
    );
  }
  const last = layers?.at(-1) ?? 0;
  if (nLayers !== null && last >= nLayers) {
    throw new TrainingError(
      `The training's layers name layer ${last}, and the model's are 0 … ${nLayers - 1}.`,
    );
  }
}
