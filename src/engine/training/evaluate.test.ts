import { describe, expect, test } from "vitest";

import { normCpu } from "../../kernel/norm.cpu";
import { logitsCpu } from "../../kernel/unembed.cpu";
import type { Translator } from "../../lens/translator";
import { normals } from "../../math/random";
import { logSoftmax } from "../../math/softmax";
import type { Model } from "../../model/model";
import type { Lens } from "../openLenses";
import type { EvaluationRequest } from "../trainingProtocol";
import { evaluate } from "./evaluate";
import { testingKit, testingRun, testingUnembed } from "./kitTesting";
import { transferCells } from "./transfer";

const { text } = testingRun({});
const { vocab, dModel } = testingUnembed;
const nLayers = 2;
const model = { config: { nLayers, dModel, vocab } } as Pick<Model, "config">;
const translator = (seed: number): Translator => ({
  weight: normals(dModel * dModel, 0.1, seed),
  bias: normals(dModel, 0.1, seed + 1),
});
const translators = [translator(1), translator(3)];
const lens = (name: string, parts: Partial<Lens>): Lens => ({
  info: { kind: "tuned", name, sha256: "ab" },
  translators,
  missing: [],
  ...parts,
});
const lenses: readonly Lens[] = [
  { info: { kind: "logit", name: "logit", sha256: null }, translators: [null, null], missing: [] },
  lens("tuned", {}),
  lens("half", { translators: [null, translators[1]], missing: [0] }),
];
const open = { find: (name: string) => lenses.find(({ info }) => info.name === name)! };
const everything: EvaluationRequest = {
  lenses: ["logit", "tuned", "half"],
  positions: null,
  transferOf: "tuned",
  seed: 1,
};

const run = (
  request: Partial<EvaluationRequest>,
  onProgress: (done: number, all: number) => void = () => {},
  signal = new AbortController().signal,
) => evaluate(testingKit(), model, open, text, { ...everything, ...request }, onProgress, signal);

/** Log-probabilities of a hidden state, `[positions, vocab]`, by the definitions. */
function logProbsOf(hidden: Float32Array, by: Translator | null): Float64Array[] {
  const positions = hidden.length / dModel;
  const moved = hidden.map((x, at) => {
    const [p, i] = [Math.floor(at / dModel), at % dModel];
    let change = by ? by.bias[i] : 0;
    for (let k = 0; by && k < dModel; ++k)
      change += by.weight[i * dModel + k] * hidden[p * dModel + k];
    return x + change;
  });
  const logits = logitsCpu(testingUnembed, normCpu(testingUnembed.norm, moved));
  return Array.from({ length: positions }, (_, p) =>
    logSoftmax(logits.subarray(p * vocab, (p + 1) * vocab)),
  );
}

/** `[sequence][position]` of the held-out part: the states of a layer read with a translator, and the output's. */
async function byHand(layer: number, by: Translator | null) {
  const prompt = testingKit().open();
  const found = [];
  for (const ids of text.heldOut) {
    await prompt.follow([...ids]);
    const [own, final] = [logProbsOf(prompt.hidden[layer], by), logProbsOf(prompt.hidden[2], null)];
    found.push({ ids, own, final });
  }
  return found;
}

const klOf = (final: Float64Array, own: Float64Array) =>
  final.reduce((sum, p, id) => sum + Math.exp(p) * (p - own[id]), 0);
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

// Statistics arrive in float32, of a few nats.
const digits = 5;

describe("evaluate()", () => {
  test("gives the means over positions that the definitions give", async () => {
    const { lenses: found, positions, sequences } = await run({});
    expect([positions, sequences]).toEqual([48, 2]);
    const row = found[1].rows[0];
    const hand = await byHand(0, translators[0]);
    const each = hand.flatMap(({ ids, own, final }) =>
      own.map((o, p) => ({ own: o, final: final[p], next: ids[p + 1] })),
    );
    expect(row.klFromFinal.mean).toBeCloseTo(mean(each.map((c) => klOf(c.final, c.own))), digits);
    const entropies = each.map((c) => -c.own.reduce((sum, p) => sum + Math.exp(p) * p, 0));
    expect(row.entropy.mean).toBeCloseTo(mean(entropies), digits);
    const known = each.filter((c) => c.next !== undefined);
    expect(known).toHaveLength(46);
    expect(row.crossEntropy.mean).toBeCloseTo(mean(known.map((c) => -c.own[c.next])), digits);
    const top = (x: Float64Array) => x.indexOf(Math.max(...x));
    const agreed = mean(each.map((c) => (top(c.own) === top(c.final) ? 1 : 0)));
    expect(row.agreement.mean).toBeCloseTo(agreed, 12);
    expect(agreed).toBeGreaterThan(0);
    expect(agreed).toBeLessThan(1);
  });

  test("each lens has its layers and, last, the output row, which is the same for all", async () => {
    const { lenses: found } = await run({});
    expect(found.map(({ rows }) => rows.map(({ row }) => row))).toEqual([
      [0, 1, "output"],
      [0, 1, "output"],
      [1, "output"],
    ]);
    const outputs = found.map(({ rows }) => rows[rows.length - 1]);
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
    expect(outputs[0].klFromFinal).toEqual({ mean: 0, low: 0, high: 0 });
    expect(outputs[0].agreement.mean).toBe(1);
    expect(found[1].rows[1]).toEqual(found[2].rows[0]);
  });

  test("an interval holds its mean, and its draws are the seed's", async () => {
    const { klFromFinal } = (await run({})).lenses[0].rows[0];
    expect(klFromFinal.low).toBeLessThan(klFromFinal.mean);
    expect(klFromFinal.high).toBeGreaterThan(klFromFinal.mean);
    expect(await run({})).toEqual(await run({}));
  });

  test("the transfer matrix has what translator j says of each hidden state", async () => {
    const { transfer } = await run({});
    expect(transfer).toMatchObject({ lens: "tuned", positions: 48 });
    for (const i of [0, 1])
      for (const j of [0, 1]) {
        const hand = await byHand(i, translators[j]);
        const kls = hand.flatMap(({ own, final }) => own.map((o, p) => klOf(final[p], o)));
        expect(transfer!.klFromFinal[i][j], `${i} ${j}`).toBeCloseTo(mean(kls), digits);
      }
  });

  test("the transfer matrix of a model as large as the bundled one is of some 48 positions", () => {
    const size = { nLayers: 30, dModel: 576, vocab: 49_152 };
    const sequences = Array.from({ length: 6 }, () => new Int32Array(192));
    expect(transferCells(size, sequences) / (30 * 31)).toBe(48);
  });

  test("a translator that the lens does not have has a column of NaN", async () => {
    const { transfer } = await run({ transferOf: "half" });
    const isKnown = transfer!.klFromFinal.map((row) => row.map((x) => !Number.isNaN(x)));
    expect(isKnown).toEqual([
      [false, true],
      [false, true],
    ]);
  });

  test("fewer positions are whole sequences, or the beginning of one", async () => {
    expect(await run({ positions: 30 })).toMatchObject({ positions: 24, sequences: 1 });
    const some = await run({ positions: 10 });
    expect(some).toMatchObject({ positions: 10, sequences: 1 });
    expect(some.lenses[0].rows[0].klFromFinal.low).toBeNaN(); // one sequence has no interval
  });

  test("counts cells up to all of them", async () => {
    const seen: (readonly number[])[] = [];
    await run({}, (done, all) => seen.push([done, all]));
    const all = 48 * (3 + 3 + 2) + 48 * 2 * 3;
    expect(seen.at(-1)).toEqual([all, all]);
    for (const [i, [done]] of seen.entries()) expect(done).toBeGreaterThan(seen[i - 1]?.[0] ?? 0);
  });

  test("ends between two blocks", async () => {
    const controller = new AbortController();
    const done = run(
      {},
      () => controller.abort(new DOMException("enough", "AbortError")),
      controller.signal,
    );
    await expect(done).rejects.toThrow("enough");
  });
});
