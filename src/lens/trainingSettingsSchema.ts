import * as v from "valibot";

// Each message goes on from "… is not".

export const whole = (min: number, max = Number.MAX_SAFE_INTEGER) => {
  const expected =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${min}`
      : `a whole number in ${min} … ${max}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
};
export const above0 = v.pipe(
  v.number("a number above 0"),
  v.finite("a number above 0"),
  v.gtValue(0, "a number above 0"),
);
export const from0 = v.pipe(
  v.number("a number from 0"),
  v.finite("a number from 0"),
  v.minValue(0, "a number from 0"),
);
export const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  v.picklist(names, `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);

export const layers = v.pipe(
  v.array(whole(0), "a list of layers"),
  v.minLength(1, "a list of layers"),
  v.check(
    (all) => all.every((one, i) => i === 0 || one > all[i - 1]),
    "a list of layers, ascending, each once",
  ),
);
/** The largest seed. */
export const mostSeed = 2 ** 32 - 1;
export const seed = whole(0, mostSeed);

/** Of `TrainingSettings`, by name. */
export const settingEntries = {
  start: oneOf("closedForm", "logit", "open"),
  startLens: v.nullable(v.pipe(v.string("a lens's name"), v.nonEmpty("a lens's name"))),
  method: oneOf("none", "adam", "muon", "sgd"),
  loss: oneOf("kl", "crossEntropy"),
  layers: v.nullable(layers),
  steps: v.nullable(whole(1)),
  positionsPerStep: whole(1),
  learningRate: v.nullable(above0),
  schedule: v.nullable(oneOf("averaged", "falling")),
  rates: v.nullable(oneOf("byLayer", "same")),
  weightDecay: v.nullable(from0),
  clip: v.nullable(above0),
  ridge: above0,
  subset: v.nullable(
    v.strictObject(
      { likeliest: whole(1), others: whole(0) },
      "{ likeliest, others }, or null for the whole vocabulary",
    ),
  ),
  parts: oneOf("whole", "bias"),
  seed,
  maxSeconds: v.nullable(above0),
};
