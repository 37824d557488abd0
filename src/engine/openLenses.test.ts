import { expect, test } from "vitest";

import { createOpenLenses, type OpenLens } from "./openLenses";

const lensNamed = (name: string, sha256: string, isBundled = false): OpenLens => ({
  info: {
    ...{ kind: "tuned", name, sha256, nLayers: 1, sizeBytes: 0 },
    ...{ isBundled, url: null, warnings: [] },
  },
  translators: [null],
  missing: [],
  baseModel: null,
  unembedHash: null,
  receipt: null,
});
const bundled = lensNamed("tiny", "aa", true);

test("bring() adds what is not open, under a name of its own", () => {
  const lenses = createOpenLenses(1, [bundled]);
  lenses.bring([lensNamed("the same file", "aa"), lensNamed("tiny", "bb"), lensNamed("c", "cc")]);
  expect(lenses.all().map(({ info }) => [info.name, info.sha256])).toEqual([
    ["tiny", "aa"],
    ["tiny 2", "bb"],
    ["c", "cc"],
  ]);
  expect(lenses.named("tiny")).toBe(bundled);
});

test("bring() adds lenses that are still in training, which have no sum", () => {
  const growing = (name: string) => {
    const lens = lensNamed(name, "");
    return { ...lens, info: { ...lens.info, sha256: null } };
  };
  const lenses = createOpenLenses(1, [growing("mine")]);
  lenses.bring([growing("theirs")]);
  expect(lenses.all().map(({ info }) => info.name)).toEqual(["mine", "theirs"]);
});

test("bring() leaves a lens that has not the model's layers", () => {
  const lenses = createOpenLenses(2, []);
  lenses.bring([lensNamed("tiny", "aa")]);
  expect(lenses.all()).toEqual([]);
});

test("close() says which lens it closed; the bundled one stays", () => {
  const lenses = createOpenLenses(1, [bundled, lensNamed("mine", "bb")]);
  expect(lenses.close("tiny")).toBe(null);
  expect(lenses.close("mine")?.info.sha256).toBe("bb");
  expect(lenses.close("mine")).toBe(null);
  expect(lenses.all()).toEqual([bundled]);
});
