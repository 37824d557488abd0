import { expect, test } from "vitest";

import { TrainingError } from "../errors";
import { defaultSample, defaultSettings } from "../lens/trainingDefaults";
import { checkSettings, parseEvaluationOptions, parseTrainingOptions } from "./trainingOptions";

const text = "Some text.";

test("a text alone is trained on with the defaults", () => {
  expect(parseTrainingOptions({ text }, null)).toEqual({
    text: {
      text,
      sample: defaultSample,
      options: { sequenceLength: null, heldOut: null },
    },
    settings: defaultSettings,
    name: null,
  });
});

test("options are the tab's fields in one object", () => {
  const {
    text: given,
    settings,
    name,
  } = parseTrainingOptions(
    {
      sample: { positions: 4000, seed: 3 },
      sequenceLength: 128,
      heldOut: 512,
      name: " mine ",
      method: "muon",
      layers: [0, 7],
      subset: null,
      maxSeconds: 60,
    },
    8,
  );
  expect(given).toEqual({
    text: null,
    sample: { positions: 4000, temperature: 1, seed: 3 },
    options: { sequenceLength: 128, heldOut: 512 },
  });
  expect(settings).toEqual({
    ...defaultSettings,
    method: "muon",
    layers: [0, 7],
    subset: null,
    maxSeconds: 60,
  });
  expect(name).toBe("mine");
});

test("an option that is undefined is the default", () => {
  expect(parseTrainingOptions({ text, steps: undefined, name: undefined }, null).settings).toEqual(
    defaultSettings,
  );
});

test("a lens to start from is started from", () => {
  const { settings } = parseTrainingOptions({ text, startLens: "mine" }, null);
  expect(settings).toMatchObject({ start: "open", startLens: "mine" });
});

test.each([
  [{}, "The training has no text."],
  [{ text, sample: {} }, "both a text and a sample"],
  [{ text: 5 }, "The training's text is not a string."],
  [{ text, stepz: 5 }, "There is no training option stepz. The options are text, sample,"],
  [{ text, subset: { likeliest: 10, most: 3 } }, "The training's subset"],
  [{ text, steps: -1 }, "The training's steps is not a whole number from 1."],
  [{ text, steps: 1.5 }, "steps is not a whole number"],
  [{ text, steps: "10" }, "steps is not a whole number"],
  [{ text, learningRate: Number.NaN }, "learningRate is not a number above 0."],
  [{ text, learningRate: Number.POSITIVE_INFINITY }, "learningRate is not a number above 0."],
  [{ text, learningRate: 0 }, "learningRate is not a number above 0."],
  [{ text, weightDecay: -1 }, "weightDecay is not a number from 0."],
  [{ text, ridge: 0 }, "ridge is not a number above 0."],
  [{ text, maxSeconds: 0 }, "maxSeconds is not a number above 0."],
  [{ text, seed: 2 ** 32 }, "seed is not a whole number in 0 … 4294967295."],
  [{ text, method: "lbfgs" }, "method is not none, adam, muon or sgd."],
  [{ text, layers: [] }, "layers is not a list of layers."],
  [{ text, layers: [3, 1] }, "layers is not a list of layers, ascending, each once."],
  [{ text, layers: [1, 1] }, "layers is not a list of layers, ascending, each once."],
  [{ text, layers: [-1] }, "layers.0 is not a whole number from 0."],
  [{ text, layers: [0, 8] }, "name layer 8, and the model's are 0 … 7."],
  [{ text, start: "open" }, "Choose which."],
  [{ text, start: "logit", startLens: "mine" }, "does not start from it"],
  [{ text, start: "logit", method: "none" }, "Nothing would be trained"],
  [{ text, name: "  " }, "The training's name is not a name."],
  [{ sample: { temperature: 0 } }, "sample.temperature is not a number above 0."],
  ["text", "The training's options are one object of text, sample,"],
  [undefined, "The training's options are one object of text, sample,"],
])("%j is refused in a sentence", (options, sentence) => {
  const parse = () => parseTrainingOptions(options, 8);
  expect(parse).toThrow(TrainingError);
  expect(parse).toThrow(sentence);
});

test("names that every object has are no options", () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const options = JSON.parse(`{ "text": "Some text.", "${name}": 1 }`);
    const parse = () => parseTrainingOptions(options, 8);
    if (name === "__proto__") continue;
    expect(parse).toThrow(`There is no training option ${name}.`);
  }
});

test("layers are held to the model only where it is known", () => {
  expect(parseTrainingOptions({ text, layers: [500] }, null).settings.layers).toEqual([500]);
  expect(() => checkSettings({ ...defaultSettings, layers: [500] }, 30)).toThrow("0 … 29");
});

test("settings of the form are held to the same rules", () => {
  expect(() => checkSettings({ ...defaultSettings, seed: Number.NaN }, 8)).toThrow(
    "The training's seed is not a whole number in 0 … 4294967295.",
  );
  expect(checkSettings(defaultSettings, 8)).toBeUndefined();
});

test("an evaluation of no lenses is one of the logit lens alone, not of all that are open", () => {
  expect(parseEvaluationOptions({ lenses: [] }).request).toMatchObject({ lenses: [] });
  expect(parseEvaluationOptions({}).request).not.toHaveProperty("lenses");
});

test("an evaluation needs no options, and says what it cannot be told", () => {
  expect(parseEvaluationOptions({})).toEqual({
    text: null,
    request: { positions: null, transferOf: null, seed: 0 },
  });
  const { text: given, request } = parseEvaluationOptions({
    text,
    lenses: ["logit"],
    positions: 9,
  });
  expect(given?.text).toBe(text);
  expect(request).toEqual({ lenses: ["logit"], positions: 9, transferOf: null, seed: 0 });
  expect(() => parseEvaluationOptions({ lenses: "logit" })).toThrow(
    "The evaluation's lenses is not a list of lenses.",
  );
  expect(() => parseEvaluationOptions({ lens: "logit" })).toThrow(
    "There is no evaluation option lens",
  );
  expect(() => parseEvaluationOptions({ heldOut: 512 })).toThrow(
    "The evaluation's heldOut is of a text. Give it a text or a sample too, or leave it out.",
  );
  expect(parseEvaluationOptions({ heldOut: null, sequenceLength: null }).text).toBeNull();
});
