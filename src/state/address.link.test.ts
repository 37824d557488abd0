import { expect, test, vi } from "vitest";

import { linkOf } from "./address";
import { hashOf, holdPage, setup, tick, writeMs } from "./addressTesting";
import { examples, fetchRecorded } from "./examples";
import { shownOnPage } from "./readingStore";

holdPage();

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
  const { go, reading, requests } = setup();
  await reading.getState().load();
  go("#v=1&prompt=Hi&lens=logit");
  await tick();
  expect(requests()).toEqual([{ prompt: "Hi", lens: "logit" }]);
});

test.each([
  ["no version", "#prompt=Hi&lens=logit&unit=bits"],
  ["a version that is not known", "#v=2&prompt=Hi&lens=logit&unit=bits"],
])(
  "a link of %s leaves what is on screen, says so, and the address says that again",
  async (_, hash) => {
    const before = "#v=1&prompt=You&layers=2&cell=3.1";
    const { go, reading, view, files, location, reads } = setup(before);
    const was = linkOf(reading, view, files);
    go(hash);
    await vi.advanceTimersByTimeAsync(writeMs);
    expect(linkOf(reading, view, files)).toEqual(was);
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
  const { go, state, requests } = setup();
  void shownOnPage(state().read({ prompt: "pressed" }));
  go("#v=1&prompt=Hi");
  await vi.advanceTimersByTimeAsync(writeMs);
  expect(requests().at(-1)?.prompt).toBe("Hi");
});
