import { describe, expect, test } from "vitest";

import { TrainingError, TrainingFailedError } from "../../errors";
import type { Translator } from "../../lens/translator";
import type { Model } from "../../model/model";
import type { Lens } from "../openLenses";
import type { TrainingKit } from "../reader";
import { evaluate } from "./evaluate";
import { testingControl, testingKit, testingRun, testingUnembed } from "./kitTesting";
import type { Run } from "./runState";
import { firstState, train } from "./train";

type Kit = TrainingKit<Float32Array>;
type Spoil = (hidden: readonly Float32Array[], ids: readonly number[]) => void;

/** A kit of a model that has other hidden states. */
function spoiledKit(spoil: Spoil): Kit {
  const kit = testingKit();
  return {
    ...kit,
    open() {
      const prompt = kit.open();
      const { follow } = prompt;
      prompt.follow = async (ids, signal) => {
        await follow(ids, signal);
        spoil(prompt.hidden, ids);
      };
      return prompt;
    },
  };
}

/** As a model's with a weight of NaN in its last block. */
const spoiled = spoiledKit((hidden) => hidden[2].fill(Number.NaN));

/** Reads as a GPU does, on which the larger of a number and NaN is the number. */
function asOnGpu(kit: Kit): Kit {
  return {
    ...kit,
    open() {
      const prompt = kit.open();
      const { read } = prompt;
      prompt.read = async function* (request, signal) {
        for await (const part of read(request, signal))
          yield {
            ...part,
            entropy: part.entropy.map((entropy) => (entropy > 0 ? entropy : 0)),
            klFromFinal: part.klFromFinal.map((kl) => (kl > 0 ? kl : 0)),
            maxProb: part.maxProb.map((prob) => (prob > 0 ? prob : 1)),
          };
      };
      return prompt;
    },
  };
}

const model = /^The KL of layer 0 is not a finite number: the model's own numbers .* Take another/;

describe("train()", () => {
  const failing = (kit: Kit, run: Run) =>
    train(kit, run, firstState(run), testingControl()).catch((error) => error);

  test.each([
    ["the closed form", testingRun({})],
    ["the logit lens", testingRun({ start: "logit" })],
  ])("of a model that is not finite ends before %s, and says so", async (_, run) => {
    for (const kit of [spoiled, asOnGpu(spoiled)]) {
      const error = await failing(kit, run);
      expect(error).toBeInstanceOf(TrainingFailedError);
      expect(error.message).toMatch(model);
    }
  });

  test("names the first layer among those that are trained", async () => {
    const run = { ...testingRun({}), layers: [1] };
    expect((await failing(spoiled, run)).message).toContain("The KL of layer 1 is not");
  });

  test("asks for no larger ridge where only text that is trained on is not finite, as soon as it solves", async () => {
    const solvedAfter = { 8: 8 * 24, 400: 4608 }; // the longer text's closed form is solved on its way
    for (const [sequences, positions] of Object.entries(solvedAfter)) {
      const run = testingRun({}, Number(sequences), 24);
      const held = new Set(run.text.heldOut.flatMap((ids) => [...ids]));
      const [rare] = run.text.train.flatMap((ids) => [...ids]).filter((id) => !held.has(id));
      const kit = spoiledKit((hidden, ids) => {
        if (ids.includes(rare)) hidden[1].fill(Number.NaN);
      });
      let taken = 0;
      const control = testingControl({
        between: async (snapshot) => {
          taken = (await snapshot()).progress.positions;
        },
      });
      const error = await train(kit, run, firstState(run), control).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(TrainingFailedError);
      expect(error.message).toContain("The KL of layer 1 is not a finite number: the model's own");
      expect(taken).toBe(positions);
    }
  });

  test("from an open lens that is not finite names that lens", async () => {
    const run: Run = {
      ...testingRun({ start: "open" }),
      start: { kind: "open", name: "broken", sha256: null },
      startTranslators: [null, broken],
    };
    for (const kit of [testingKit(), asOnGpu(testingKit())])
      expect((await failing(kit, run)).message).toBe(
        "The KL of broken is not a finite number at layer 1. Start from another lens.",
      );
  });

  test("without a solution ends for good, with the sentence that says what to change", async () => {
    const error = await failing(testingKit(), testingRun({ ridge: -1 }));
    expect(error).toBeInstanceOf(TrainingFailedError);
    expect(error.name).toBe("TrainingError");
    expect(error.message).toContain("Take a larger ridge, or more text.");
  });
});

const { dModel, vocab } = testingUnembed;

/** What it makes of a state is not a number. */
const broken: Translator = {
  weight: new Float32Array(dModel * dModel),
  bias: new Float32Array(dModel).fill(Number.NaN),
};

describe("evaluate()", () => {
  const lenses: readonly Lens[] = [
    {
      info: { kind: "logit", name: "logit", sha256: null },
      ...{ translators: [null, null], missing: [] },
    },
    {
      info: { kind: "tuned", name: "broken", sha256: "ab" },
      translators: [null, broken],
      missing: [],
    },
  ];
  const open = { find: (name: string) => lenses.find(({ info }) => info.name === name)! };
  const failing = (kit: Kit, names: readonly string[]) =>
    evaluate(
      kit,
      { config: { nLayers: 2, dModel, vocab } } as Pick<Model, "config">,
      open,
      testingRun({}).text,
      { lenses: names, positions: null, transferOf: null, seed: 1 },
      () => {},
      new AbortController().signal,
    ).catch((error) => error);

  test("of a model that is not finite says so, whatever the lens, and on a GPU too", async () => {
    for (const kit of [spoiled, asOnGpu(spoiled)])
      for (const names of [["logit"], ["broken"]]) {
        const error = await failing(kit, names);
        expect(error).toBeInstanceOf(TrainingError);
        expect(error.message).toMatch(model);
      }
  });

  test("takes no mean over the positions that are left where one is not finite", async () => {
    const kit = spoiledKit((hidden, ids) => {
      hidden[2].fill(Number.NaN, (ids.length - 1) * dModel);
    });
    expect((await failing(kit, ["logit"])).message).toMatch(model);
  });

  test("names the lens that is not finite where the model is", async () => {
    for (const kit of [testingKit(), asOnGpu(testingKit())]) {
      const error = await failing(kit, ["logit", "broken"]);
      expect(error).toBeInstanceOf(TrainingError);
      expect(error.message).toMatch(/^The KL of broken is not a finite number at layer 1 on this/);
    }
  });
});
