import { expect, test } from "vitest";

import { evaluationCsv, evaluationJson } from "./evaluationTable";

const at = (mean: number) => ({ mean, low: mean / 2, high: mean * 2 });
const row = {
  klFromFinal: at(1.23456789),
  crossEntropy: at(3),
  entropy: at(2),
  agreement: at(0.5),
};
const unknown = { mean: 1, low: Number.NaN, high: Number.NaN };
const evaluation = {
  bitsPerByte: 0.25,
  lenses: [
    { name: '=cmd|"x", y', kind: "tuned", rows: [{ row: 0, ...row }] },
    {
      name: "logit lens",
      kind: "logit",
      rows: [{ row: "output" as const, ...row, klFromFinal: unknown }],
    },
  ],
  transfer: { lens: "logit lens", klFromFinal: [[1, Number.NaN]] },
};

test("evaluationCsv() has a number a line, quoted as RFC 4180 has it, and no formulas", () => {
  const lines = evaluationCsv(evaluation).split("\r\n");
  expect(lines).toEqual([
    "lens,kind,row,translator,statistic,mean,low,high,bitsPerByte",
    `"'=cmd|""x"", y",tuned,0,0,klFromFinal,1.23457,0.617284,2.46914,0.308642`,
    `"'=cmd|""x"", y",tuned,0,0,crossEntropy,3,1.5,6,0.75`,
    `"'=cmd|""x"", y",tuned,0,0,entropy,2,1,4,0.5`,
    `"'=cmd|""x"", y",tuned,0,0,agreement,0.5,0.25,1,`,
    "logit lens,logit,output,,klFromFinal,1,,,0.25",
    "logit lens,logit,output,,crossEntropy,3,1.5,6,0.75",
    "logit lens,logit,output,,entropy,2,1,4,0.5",
    "logit lens,logit,output,,agreement,0.5,0.25,1,",
    "logit lens,logit,0,0,klFromFinal,1,,,0.25",
    "logit lens,logit,0,1,klFromFinal,,,,",
    "",
  ]);
});

test("evaluationJson() names its format and its unit, and has null for what is not known", () => {
  const json = JSON.parse(evaluationJson(evaluation));
  expect(json).toMatchObject({
    format: "midthought-evaluation/1",
    unit: "nats",
    bitsPerByte: 0.25,
  });
  expect(json.lenses[1].rows[0].klFromFinal).toEqual({ mean: 1, low: null, high: null });
  expect(json.transfer.klFromFinal).toEqual([[1, null]]);
});
