import { expect, test } from "vitest";

import type { LoadProgress } from "../engine/protocol";
import { loadSentence, shareDone, statusSentence, title } from "./statusSentence";

const load: LoadProgress = {
  status: "downloading",
  name: "SmolLM2-135M",
  loadedBytes: 48_500_000,
  totalBytes: 118_200_000,
  bytesPerSecond: 6_400_000,
};

test("loadSentence says bytes, speed and the time left, in decimal units", () => {
  expect(loadSentence(load)).toBe(
    "Loading SmolLM2-135M: 48.5 of 118.2 MB, 6.4 MB/s, about 11 s left.",
  );
  expect(loadSentence({ ...load, bytesPerSecond: 0 })).toBe(
    "Loading SmolLM2-135M: 48.5 of 118.2 MB.",
  );
  expect(loadSentence({ status: "preparing", name: "SmolLM2-135M" })).toBe(
    "Preparing SmolLM2-135M.",
  );
});

test("title says the percentage while loading, and the name otherwise", () => {
  expect(title({ status: "loading", load })).toBe("41% · Midthought");
  expect(title({ status: "idle" })).toBe("Midthought");
});

test("shareDone is not known before bytes are counted", () => {
  expect(shareDone({ status: "loading", load: null }, null)).toBeNull();
  expect(shareDone({ status: "loading", load }, null)).toBeCloseTo(0.4103, 4);
});

test("statusSentence says where a cancelled load stands", () => {
  expect(statusSentence({ status: "cancelled", load }, null, false)).toBe(
    "Loading was cancelled at 48.5 of 118.2 MB. Read goes on with it.",
  );
});
