import { expect, test } from "vitest";

import { info, other, readingOf } from "../state/engineTesting";
import { machineOf, modelOf } from "./machineWords";

const request = { prompt: "abc", lens: "tuned" };
const live = {
  info,
  progress: { status: "idle" },
  source: { kind: "live" },
  reading: readingOf(request),
} as const;
const elsewhere = readingOf(request, 2, other);
const file = { ...live, source: { kind: "file", name: "a.json" }, reading: elsewhere } as const;
const recorded = { ...file, source: { kind: "recorded" } } as const;

const said = (state: Parameters<typeof modelOf>[0]) =>
  (["read", "train"] as const).map((tab) => `${modelOf(state, tab)} · ${machineOf(state, tab)}`);

test("the Read tab says where the reading on screen is from, the Train tab what trains", () => {
  expect(said(live)).toEqual(["tiny · wasm, 2 threads", "tiny · wasm, 2 threads"]);
  expect(said(file)).toEqual(["other · from a file", "tiny · wasm, 2 threads"]);
  expect(said(recorded)).toEqual(["other · recorded", "tiny · wasm, 2 threads"]);
});

test("until a model is there, both tabs say what the page is at", () => {
  expect(said({ ...recorded, info: null })).toEqual(["other · recorded", "other · recorded"]);
  const loading = { ...live, info: null, progress: { status: "loading", load: null } } as const;
  expect(said(loading)).toEqual(["tiny · loading", "tiny · loading"]);
});

test("a model that is loaded in the place of another does not train yet", () => {
  const loading = { ...live, progress: { status: "loading", load: null } } as const;
  expect(said(loading)).toEqual(["tiny · loading", "tiny · wasm, 2 threads"]);
});
