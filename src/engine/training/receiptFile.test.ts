import { describe, expect, test } from "vitest";

import catalog from "../../../models/catalog.json";
import shipped from "../../../models/smollm2-135m-instruct/lens/receipt.json";
import { trainingIn } from "./receiptFile";

const [{ sha256 }] = catalog.models[0].lenses[0].files;
const training = (change: object, receipt: object = {}) =>
  trainingIn(
    JSON.stringify({ ...shipped, ...receipt, training: { ...shipped.training, ...change } }),
    sha256,
  );

describe("trainingIn()", () => {
  test("reads the bundled lens's receipt, which is of its file", () => {
    const { model, text, heldOutKl, ended } = trainingIn(JSON.stringify(shipped), sha256)!;
    expect(model.sha256).toBe(catalog.models[0].sha256);
    expect(text).toMatchObject({ kind: "sample", trainPositions: 36_864 });
    expect(heldOutKl.lens).toHaveLength(30);
    expect(ended).toBe("done");
  });

  test("has nothing of what a receipt does not say, and reads one of PyTorch", () => {
    const read = training({ backend: "pytorch", processes: 2, adapter: "A GPU" });
    expect(read).toMatchObject({ backend: "pytorch", adapter: "A GPU" });
    expect(read).not.toHaveProperty("processes");
  });

  test("is null for other parameters, for a lens that was not trained, and for anything else", () => {
    expect(trainingIn(JSON.stringify(shipped), "0".repeat(64))).toBeNull();
    expect(trainingIn(JSON.stringify({ ...shipped, training: undefined }), sha256)).toBeNull();
    for (const json of ["", "{", "null", "[]", '"a"', "{}"])
      expect(trainingIn(json, sha256)).toBeNull();
    expect(training({}, { format: "midthought-lens-receipt/2" })).toBeNull();
  });

  test("reads a receipt within the file itself, which needs no sum", () => {
    const within = JSON.stringify({ ...shipped, params: undefined });
    expect(trainingIn(within, null)?.heldOutKl).toEqual(shipped.training.heldOutKl);
    expect(trainingIn(within, sha256)).toBeNull(); // beside a file it has to name its own
  });

  test.each([
    ["a layer that its model has not", { model: { ...shipped.training.model, nLayers: 29 } }],
    ["more layers than any model has", { model: { ...shipped.training.model, nLayers: 1001 } }],
    ["a list of another length", { heldOutKl: { ...shipped.training.heldOutKl, lens: [1] } }],
    ["a negative time", { seconds: -1 }],
    ["a name without an end", { app: { name: "a".repeat(501), version: "1" } }],
    [
      "a start's name without an end",
      { settings: { ...shipped.training.settings, startLens: "a".repeat(501) } },
    ],
    ["a number that is none", { steps: "many" }],
    ["a method that there is not", { settings: { ...shipped.training.settings, method: "magic" } }],
  ])("is null for %s", (_, change) => {
    expect(training(change)).toBeNull();
  });

  test("makes half characters whole ones", () => {
    expect(training({ date: "a\ud800b" })?.date).toBe("a\ufffdb");
  });
});
