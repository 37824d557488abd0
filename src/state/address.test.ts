import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Engine, EngineInfo, ReadRequest } from "../engine/protocol";
import { defaultView } from "../lens/view";
import { createAddress, defaults, linkFrom, linkOf } from "./address";
import { examples, fetchRecorded } from "./examples";
import { encodeLink, type Link } from "./link";
import { createReadingStore, shownOnPage } from "./readingStore";
import { createViewStore } from "./viewStore";

const info = { lenses: [], versions: {} } as unknown as EngineInfo;

/** The page's stores at an address, with what a browser would keep of it. */
function setup(hash = "") {
  const { link } = linkFrom(hash);
  const reads: ReadRequest[] = [];
  const engine: Engine = {
    load: async () => info,
    read: (request) => {
      reads.push(request);
      return new Promise(() => {});
    },
    tokenize: async () => [],
    cancel: async () => {},
    isAtHand: async () => true,
  };
  const { prompt, lens, pin, statistic, unit, stride } = link;
  const reading = createReadingStore(engine, {
    prompt: typeof prompt === "string" ? prompt : "",
    ids: typeof prompt === "string" ? null : prompt,
    lens,
    backend: "auto",
  });
  const view = createViewStore({ view: { statistic, unit, stride }, pin });
  const location = { href: `https://x.org/?backend=wasm${hash}`, hash };
  const replaceState = vi.fn((_state: unknown, _title: string, href: string) => {
    location.href = href;
  });
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", { state: null, replaceState });
  vi.stubGlobal("document", { getElementById: (id: string) => (id === "reading" ? {} : null) });
  let onHashChange = () => {};
  vi.stubGlobal("addEventListener", (name: string, listen: () => void) => {
    if (name === "hashchange") onHashChange = listen;
  });
  const address = createAddress(reading, view);
  /** As when a visitor follows a link, or types one into the address. */
  const go = (hash: string) => {
    Object.assign(location, { href: `https://x.org/?backend=wasm${hash}`, hash });
    onHashChange();
  };
  const state = () => reading.getState();
  return { reading, state, view, replaceState, reads, location, address, go };
}

const hashOf = (link: Partial<Link>) => encodeLink({ ...defaults, pin: null, ...link }, defaults);
/** Lets every promise that is settled be heard. */
const tick = () => vi.advanceTimersByTimeAsync(0);

/** What is fetched arrives when the test says so, by the order in which it was asked for. */
function holdRecorded() {
  const { fetch } = globalThis;
  const waiting: (() => void)[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return fetch(url);
  });
  return async (at = 0) => {
    waiting[at]();
    await tick();
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (url: string) => {
    const name = /recorded\/(.+)$/.exec(url)?.[1];
    return new Response(
      readFileSync(new URL(`../../public/recorded/${name}`, import.meta.url), "utf8"),
    );
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const writeMs = 400;

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
  const { reading, view } = setup();
  expect(linkOf(reading, view)).toEqual({ ...defaults, pin: null });
  reading.setState({ prompt: "Hi", lens: "logit" });
  view.getState().look({ statistic: "rank", unit: "bits", stride: 4 });
  view.getState().point({ row: 3, position: 1 });
  const looks = { prompt: "Hi", lens: "logit", statistic: "rank", unit: "bits", stride: 4 };
  expect(linkOf(reading, view)).toEqual({ ...looks, pin: null });
  view.getState().pin(true);
  expect(linkOf(reading, view)).toEqual({ ...looks, pin: { row: 3, position: 1 } });
});

test("linkOf says ids in place of what stands in the box", () => {
  const { reading, view } = setup();
  reading.setState({ prompt: "Hi", ids: [7, 8] });
  expect(linkOf(reading, view).prompt).toEqual([7, 8]);
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
  const { address, reading, reads } = setup();
  await reading.getState().load();
  void address.open(examples[1].prompt);
  await vi.waitFor(() => expect(reads).toHaveLength(1));
  expect(reads[0]).toMatchObject({ prompt: examples[1].prompt, lens: "tuned" });
  expect(reading.getState().reading?.prompt).toBe(examples[1].prompt);
  void address.open([7, 8]);
  await vi.waitFor(() => expect(reads).toHaveLength(2));
  expect(reads[1].prompt).toEqual([7, 8]);
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
  const { address, reading, state, reads } = setup();
  await reading.getState().load();
  const arrive = holdRecorded();
  const opening = address.open(examples[1].prompt);
  state().edit("typed");
  await arrive();
  await opening;
  await vi.advanceTimersByTimeAsync(writeMs);
  expect(reads.map(({ prompt }) => prompt)).toEqual(["typed"]);
});

test("linkFrom takes the tuned lens for a Jacobian one, and says so", () => {
  const { link, notice, isUsed } = linkFrom("#v=1&prompt=Hi&lens=jacobian");
  expect(link).toEqual({ ...defaults, prompt: "Hi", pin: null });
  expect(notice).toContain("this page does not open: the tuned lens is shown");
  expect(isUsed).toBe(true);
  expect(linkFrom("#v=1&prompt=Hi&lens=logit")).toMatchObject({
    link: { lens: "logit" },
    notice: null,
  });
});

// A link that is followed while the page is open.

test("a link to a recorded example shows it with its lens, view and cell", async () => {
  const { go, state, view, reads } = setup();
  const { prompt } = examples[1];
  const pin = { row: 3, position: 1 };
  go(hashOf({ prompt, lens: "logit", unit: "bits", pin }));
  await vi.waitFor(() => expect(state().lens).toBe("logit"));
  expect(state()).toMatchObject({
    prompt,
    reading: { prompt, lens: { kind: "logit" } },
    source: { kind: "recorded" },
  });
  expect(view.getState()).toMatchObject({ view: { unit: "bits" }, here: pin, isPinned: true });
  expect(reads).toHaveLength(0);
});

test("a link that says no cell lets the pinned one go", async () => {
  const { go, view } = setup("#v=1&cell=3.1");
  go("#v=1&prompt=Hi");
  await tick();
  expect(view.getState().isPinned).toBe(false);
});

test("a link is read with its lens where the model is loaded", async () => {
  const { go, reading, reads } = setup();
  await reading.getState().load();
  go("#v=1&prompt=Hi&lens=logit");
  await tick();
  expect(reads).toEqual([{ prompt: "Hi", lens: "logit" }]);
});

test.each([
  ["no version", "#prompt=Hi&lens=logit&unit=bits"],
  ["a version that is not known", "#v=2&prompt=Hi&lens=logit&unit=bits"],
])(
  "a link of %s leaves what is on screen, says so, and the address says that again",
  async (_, hash) => {
    const before = "#v=1&prompt=You&layers=2&cell=3.1";
    const { go, reading, view, location, reads } = setup(before);
    const was = linkOf(reading, view);
    go(hash);
    await vi.advanceTimersByTimeAsync(writeMs);
    expect(linkOf(reading, view)).toEqual(was);
    expect(view.getState().notice).toMatch(/^Nothing of this link was used/);
    expect(location.href).toBe(`https://x.org/?backend=wasm${before}`);
    expect(reads).toHaveLength(0);
  },
);

test("a link says which part of it was ignored, and the next one takes the sentence away", async () => {
  const { go, view } = setup();
  go("#v=1&prompt=Hi&unit=feet");
  expect(view.getState().notice).toMatch(/^Part of this link was ignored/);
  go("#v=1&prompt=Hi");
  expect(view.getState().notice).toBeNull();
});

test("a jump within the page changes nothing, and the address says what is on screen again", () => {
  const { go, state, view, location } = setup("#v=1&prompt=You");
  go("#reading");
  expect(state().prompt).toBe("You");
  expect(view.getState().notice).toBeNull();
  expect(location.href).toBe("https://x.org/?backend=wasm#v=1&prompt=You");
});

test("a link with no recording and no model keeps the lens that is drawn where its own is not there", async () => {
  const { go, reading, state, reads } = setup();
  const [tuned] = await fetchRecorded(examples[0]);
  reading.getState().show([tuned], { kind: "file", name: "a.json" });
  go("#v=1&prompt=Hi&lens=logit");
  await vi.advanceTimersByTimeAsync(writeMs);
  expect(state()).toMatchObject({ prompt: "Hi", lens: "tuned", refusal: null });
  expect(state().reading).toBe(tuned);
  expect(reads).toHaveLength(0);
});

test("a link with no recording and no model chooses its lens where nothing is drawn", async () => {
  const { go, state } = setup();
  go("#v=1&prompt=Hi&lens=logit");
  await tick();
  expect(state()).toMatchObject({ prompt: "Hi", lens: "logit", reading: null, refusal: null });
});

test("a link that is followed while Read loads is what is read once the model is there", async () => {
  const { go, state, reads } = setup();
  void shownOnPage(state().read({ prompt: "pressed" }));
  go("#v=1&prompt=Hi");
  await vi.advanceTimersByTimeAsync(writeMs);
  expect(reads.at(-1)?.prompt).toBe("Hi");
});
