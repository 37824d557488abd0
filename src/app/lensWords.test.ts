import { expect, test } from "vitest";

import type { OpenLensInfo } from "../engine/protocol";
import { comparisonWords, layersOf, lensOption, remoteOf } from "./lensWords";

const lens: OpenLensInfo = {
  kind: "jacobian",
  name: "wiki\u202E lens",
  sha256: "ab",
  nLayers: 29,
  sizeBytes: 39_891_424,
  isBundled: false,
  url: null,
  warnings: [],
};

test("layersOf says of how many, where some are missing", () => {
  expect(layersOf(lens, 30)).toBe("29 of 30 layers");
  expect(layersOf(lens, 29)).toBe("29 layers");
  expect(layersOf({ nLayers: 1 }, 1)).toBe("1 layer");
});

test("lensOption has what tells a lens from others of its kind", () => {
  expect(lensOption({ ...lens, nLayers: 30 }, 30)).toBe("wiki lens · 30 layers · 39.9 MB");
  expect(lensOption(lens, 30)).toBe("wiki lens · 29 of 30 layers · 39.9 MB");
});

test("comparisonWords are in the unit of the view, and wait for numbers", () => {
  const comparison = { lens: 1.2149, logit: 12.41 };
  expect(comparisonWords(comparison, "nats")).toBe("KL 1.21 nats on average, the logit lens 12.4");
  expect(comparisonWords(comparison, "bits")).toBe("KL 1.75 bits on average, the logit lens 17.9");
  expect(comparisonWords(null, "nats")).toBe("KL … nats on average, the logit lens …");
});

test("remoteOf names the host as the browser would ask it", () => {
  const url = "https://höst.example:8443/a/params.pt";
  const wanted = { kind: "tuned", name: "a", sha256: "ab" } as const;
  expect(remoteOf({ ...wanted, remote: { url, sizeBytes: 28_400_000 } })).toEqual({
    size: "28.4 MB",
    host: "xn--hst-sna.example:8443",
  });
  expect(remoteOf({ ...wanted, remote: null })).toBeNull();
});
