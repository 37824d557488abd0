import { beforeAll, describe, expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import type { Reading, StatisticName } from "../lens/reading";
import { createEngine } from "./engine";
import { fixtureBytes } from "./fixtureBytes";
import type { EngineInfo } from "./protocol";

// The bundled model in float32 against float64. Its logit lens puts logits of 500 apart and reaches a
// KL of 117 nats, where one step of float32 is 7.6e-6. Measured, at most, on wasm and on SwiftShader:
// entropy 2.1e-5, KL 1.7e-4, max probability 8.3e-6, cross entropy 1e-4, log-probabilities 9.5e-5,
// and a rank by one, where two logits lie within a rounding of each other.
const tolerance: Partial<Record<StatisticName, number>> = {
  entropy: 1e-4,
  klFromFinal: 5e-4,
  maxProb: 5e-5,
  crossEntropy: 3e-4,
  rank: 1,
};
const logProbTolerance = 3e-4;

const goldens = openSafetensors(await fixtureBytes("smollm2/goldens.safetensors"));
const names = {
  entropy: "entropy",
  klFromFinal: "kl_from_final",
  maxProb: "max_prob",
  crossEntropy: "cross_entropy",
} as const;

/** The largest error of each statistic, and how many cells have another likeliest token. */
function errorsOf(reading: Reading, prompt: number) {
  const positions = reading.tokens.length;
  const inner = (i: number) => i % positions < positions - 1;
  const errors: Record<string, number> = {};
  for (const [name, stored] of Object.entries(names)) {
    const values = reading.statistics[name as StatisticName];
    const golden = goldens.read(`${prompt}.logit.${stored}`);
    const kept = golden.length === values.length ? values : values.filter((_, i) => inner(i));
    errors[name] = kept.reduce((most, x, i) => Math.max(most, Math.abs(x - golden[i])), 0);
  }
  const rank = goldens.readInt32(`${prompt}.logit.rank`);
  const kept = reading.statistics.rank.filter((_, i) => inner(i));
  errors.rank = kept.reduce((most, x, i) => Math.max(most, Math.abs(x - rank[i])), 0);
  const topIds = goldens.readInt32(`${prompt}.logit.top_ids`);
  const top = goldens.read(`${prompt}.logit.top_log_probs`);
  errors.topIds = reading.statistics.entropy.filter((_, cell) => {
    const isTie = top[cell * 10] - top[cell * 10 + 1] < 1e-4;
    return reading.topK.ids[cell * 10] !== topIds[cell * 10] && !isTie;
  }).length;
  errors.topLogProbs = reading.topK.logProbs.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - top[i])),
    0,
  );
  return errors;
}

function expectGolden(reading: Reading, prompt: number): void {
  const errors = errorsOf(reading, prompt);
  expect(errors.topIds).toBe(0);
  expect(errors.topLogProbs).toBeLessThan(logProbTolerance);
  for (const [name, most] of Object.entries(tolerance))
    expect(errors[name], name).toBeLessThanOrEqual(most);
}

const ignore = () => {};

describe.each(["wasm", "webgpu"] as const)("createEngine() on %s", (backend) => {
  const engine = createEngine();
  let info: EngineInfo;
  beforeAll(async () => {
    info = await engine.load(backend, ignore);
  });

  test("loads the bundled model and its tuned lens", () => {
    expect(info).toMatchObject({ backend, model: { nLayers: 30, dModel: 576, vocab: 49152 } });
    expect(info.lenses).toMatchObject([{ kind: "tuned" }]);
  });

  // On WebGPU in software five tokens take half a minute: one prompt, once.
  test.each(backend === "wasm" ? [0, 1, 2, 3, 4] : [0])(
    "the logit lens reads prompt %i as the reference does",
    async (prompt) => {
      const ids = [...goldens.readInt32(`${prompt}.ids`)];
      expectGolden(await engine.read({ prompt: ids, lens: "logit" }, ignore), prompt);
    },
  );

  test.runIf(backend === "wasm")("so it reads a prompt that grew under aborted reads", async () => {
    const prompt = 1;
    const ids = [...goldens.readInt32(`${prompt}.ids`)];
    await engine.read({ prompt: [ids[0] + 1], lens: "logit" }, ignore); // nothing is kept of it
    for (let length = 1; length < ids.length; ++length) {
      // Each is ended by the next one as soon as something of it is shown.
      await new Promise<Reading>((shown) => {
        engine.read({ prompt: ids.slice(0, length), lens: "logit" }, shown).catch(ignore);
      });
    }
    expectGolden(await engine.read({ prompt: ids, lens: "logit" }, ignore), prompt);
  });
});
