import { expect, test } from "vitest";

import { createLensShelf } from "./lensShelf";
import type { OpenLens } from "./openLenses";

/** A lens that holds 80 bytes, which all of its layers share. */
function lensNamed(name: string, nLayers = 1): OpenLens {
  const weight = new Float32Array(16);
  const bias = new Float32Array(4);
  return {
    info: {
      ...{ kind: "tuned", name, sha256: name, nLayers, sizeBytes: 0 },
      ...{ isBundled: false, url: null, warnings: [] },
    },
    translators: Array.from({ length: nLayers }, () => ({ weight, bias })),
    missing: [],
    baseModel: null,
    unembedHash: null,
    receipt: null,
  };
}
const [a, b, c] = ["a", "b", "c"].map((name) => lensNamed(name));

test("createLensShelf() gives a model's lenses back once, the newest last", () => {
  const shelf = createLensShelf();
  shelf.put("gpt2", [a, b]);
  shelf.put("pythia", [c]);
  expect(shelf.take("gpt2")).toEqual([a, b]);
  expect(shelf.take("gpt2")).toEqual([]);
  expect(shelf.take("pythia")).toEqual([c]);
});

test("createLensShelf() lets go of the oldest lenses where they do not fit", () => {
  const shelf = createLensShelf(160);
  shelf.put("gpt2", [a, b]);
  shelf.put("pythia", [c]);
  expect(shelf.take("pythia")).toEqual([c]);
  expect(shelf.take("gpt2")).toEqual([b]);
});

test("createLensShelf() counts an array that layers share once", () => {
  const shelf = createLensShelf(80);
  const deep = lensNamed("deep", 12);
  shelf.put("gpt2", [deep]);
  expect(shelf.take("gpt2")).toEqual([deep]);
});
