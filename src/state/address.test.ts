import { expect, test, vi } from "vitest";

import { defaultView } from "../lens/view";
import { defaults, linkOf } from "./address";
import { holdPage, holdRecorded, setup, writeMs } from "./addressTesting";
import { examples } from "./examples";

holdPage();

const plain = { ...defaults, lensFile: null, model: null, pin: null };

test("defaults are the first example, the tuned lens and KL in nats", () => {
  expect(defaults).toEqual({
    prompt: "The Eiffel Tower is located in the city of",
    lens: "tuned",
    statistic: "klFromFinal",
    unit: "nats",
    stride: 1,
  });
});

test("linkOf says what the stores hold, and the cell where it is pinned only", () => {
  const { reading, view, files } = setup();
  expect(linkOf(reading, view, files)).toEqual(plain);
  reading.setState({ prompt: "Hi", lens: "logit" });
  view.getState().look({ statistic: "rank", unit: "bits", stride: 4 });
  view.getState().point({ row: 3, position: 1 });
  const looks = { prompt: "Hi", lens: "logit", statistic: "rank", unit: "bits", stride: 4 };
  expect(linkOf(reading, view, files)).toEqual({ ...plain, ...looks });
  view.getState().pin(true);
  expect(linkOf(reading, view, files)).toEqual({
    ...plain,
    ...looks,
    pin: { row: 3, position: 1 },
  });
});

test("linkOf says ids in place of what stands in the box", () => {
  const { reading, view, files } = setup();
  reading.setState({ prompt: "Hi", ids: [7, 8] });
  expect(linkOf(reading, view, files).prompt).toEqual([7, 8]);
});

test.each([
  "",
  "#v=1&prompt=Hi&lens=logit&statistic=entropy&unit=bits&layers=2&cell=24.9",
  "#v=1&ids=7,8&cell=output.1",
])("write keeps the rest of the address, and the hash that the page opened with: %s", (hash) => {
  const { address, replaceState } = setup(hash);
  expect(address.write()).toBe(`https://x.org/?backend=wasm${hash}`);
  expect(replaceState).not.toHaveBeenCalled(); // nothing is to be changed
});

test("the address follows the stores once in 400 ms, with what they hold by then", () => {
  const { reading, view, replaceState } = setup();
  for (const prompt of ["H", "Hi", "Hi!"]) reading.getState().edit(prompt);
  view.getState().look({ unit: "bits" });
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(writeMs - 1);
  expect(replaceState).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(replaceState.mock.calls.map(([, , href]) => href)).toEqual([
    "https://x.org/?backend=wasm#v=1&prompt=Hi%21&unit=bits",
  ]);
});

test("pointing does not change the address, pinning does", () => {
  const { view, replaceState } = setup();
  view.getState().point({ row: 3, position: 1 });
  view.getState().point({ row: 4, position: 1 });
  expect(vi.getTimerCount()).toBe(0);
  expect(replaceState).not.toHaveBeenCalled();
  view.getState().pin(true);
  vi.advanceTimersByTime(writeMs);
  view.getState().point({ row: 5, position: 1 });
  vi.advanceTimersByTime(writeMs);
  view.getState().pin(false);
  vi.advanceTimersByTime(writeMs);
  expect(replaceState.mock.calls.map(([, , href]) => new URL(href).hash)).toEqual([
    "#v=1&cell=4.1",
    "#v=1&cell=5.1",
    "",
  ]);
});

test("hashOf says a prompt as the page looks now, without its pinned cell", () => {
  const { address, view } = setup("#v=1&prompt=Hi&unit=bits&cell=3.1");
  expect(address.hashOf("You")).toBe("#v=1&prompt=You&unit=bits");
  view.getState().look(defaultView);
  expect(address.hashOf(examples[0].prompt)).toBe("#"); // a link needs a hash
});

test("start shows what was recorded of an example", async () => {
  const { address, reading } = setup();
  await address.start();
  expect(reading.getState()).toMatchObject({
    reading: { prompt: examples[0].prompt, lens: { kind: "tuned" } },
    logit: { lens: { kind: "logit" } },
    source: { kind: "recorded" },
  });
});

test("start shows nothing of a prompt of which nothing was recorded", async () => {
  for (const hash of ["#v=1&prompt=Hi", "#v=1&ids=7,8"]) {
    const { address, reading, reads } = setup(hash);
    await address.start();
    expect(reading.getState()).toMatchObject({ reading: null, progress: { status: "idle" } });
    expect(reads).toHaveLength(0);
  }
});

test("start says what could not be fetched", async () => {
  const { address, reading } = setup();
  vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
  await address.start();
  expect(reading.getState()).toMatchObject({
    refusal: { name: "DownloadError" },
    progress: { status: "idle" },
  });
});

test("start shows nothing that comes after the visitor has typed", async () => {
  const { address, state } = setup();
  const arrive = holdRecorded();
  const started = address.start();
  state().edit("typed");
  await arrive();
  await started;
  expect(state()).toMatchObject({ prompt: "typed", reading: null });
});

test("open shows a recorded example, lets the pinned cell go, and loads no model", async () => {
  const { address, reading, view, reads } = setup("#v=1&prompt=Hi&cell=3.1");
  await address.open(examples[1].prompt);
  expect(reading.getState()).toMatchObject({
    prompt: examples[1].prompt,
    reading: { prompt: examples[1].prompt },
    info: null,
  });
  expect(view.getState().isPinned).toBe(false);
  expect(reads).toHaveLength(0);
});

test("open of another prompt with no model puts it into the box and keeps what is on screen", async () => {
  const { address, reading } = setup();
  await address.start();
  await address.open("You");
  expect(reading.getState()).toMatchObject({
    prompt: "You",
    ids: null,
    reading: { prompt: examples[0].prompt },
  });
  await address.open([7, 8]);
  expect(reading.getState()).toMatchObject({ prompt: "You", ids: [7, 8] });
});

test("open reads a prompt where the model is loaded, after showing what was recorded of it", async () => {
  const { address, reading, reads, requests } = setup();
  await reading.getState().load();
  void address.open(examples[1].prompt);
  await vi.waitFor(() => expect(reads).toHaveLength(1));
  expect(requests()[0]).toMatchObject({ prompt: examples[1].prompt, lens: "tuned" });
  expect(reading.getState().reading?.prompt).toBe(examples[1].prompt);
  void address.open([7, 8]);
  await vi.waitFor(() => expect(reads).toHaveLength(2));
  expect(requests()[1].prompt).toEqual([7, 8]);
});

test("open takes the sentence about the last link away", async () => {
  const { address, view } = setup();
  view.getState().note("Part of this link was ignored.");
  await address.open("You");
  expect(view.getState().notice).toBeNull();
});

test.each([
  ["first", [0, 1]],
  ["last", [1, 0]],
])(
  "open twice shows the example that was opened last, also where the earlier comes %s",
  async (_, order) => {
    const { address, state } = setup();
    const arrive = holdRecorded();
    const opened = [1, 2].map((i) => address.open(examples[i].prompt));
    for (const at of order) await arrive(at);
    await Promise.all(opened);
    const { prompt } = examples[2];
    expect(state()).toMatchObject({ prompt, reading: { prompt } });
  },
);

test("open of a prompt with no recording keeps an example from coming late in its place", async () => {
  const { address, state } = setup();
  const arrive = holdRecorded();
  const first = address.open(examples[1].prompt);
  await address.open("You");
  await arrive();
  await first;
  expect(state()).toMatchObject({ prompt: "You", reading: null });
});

test("open leaves what was typed while its recording came alone", async () => {
  const { address, reading, state, requests } = setup();
  await reading.getState().load();
  const arrive = holdRecorded();
  const opening = address.open(examples[1].prompt);
  state().edit("typed");
  await arrive();
  await opening;
  await vi.advanceTimersByTimeAsync(writeMs);
  expect(requests().map(({ prompt }) => prompt)).toEqual(["typed"]);
});
