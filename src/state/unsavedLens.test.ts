import { expect, test } from "vitest";
import { createStore } from "zustand/vanilla";

import { defaultSettings } from "../lens/trainingDefaults";
import { info, lensNamed } from "./engineTesting";
import type { FilesState } from "./filesState";
import type { ReadingState } from "./readingState";
import type { TrainingState } from "./trainingState";
import { receiptOf } from "./trainingTesting";
import { keepUnsavedLens } from "./unsavedLens";

const mine = lensNamed("my text");
const receipt = receiptOf(info.model, defaultSettings);

function setup() {
  const page = new EventTarget();
  const reading = createStore<Pick<ReadingState, "info">>(() => ({ info }));
  const training = createStore<Pick<TrainingState, "lens" | "receipt">>(() => ({
    lens: null,
    receipt: null,
  }));
  const files = createStore<Pick<FilesState, "saved">>(() => ({ saved: [] }));
  keepUnsavedLens(page, reading, training, files);
  const isAsked = () => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  return { reading, training, files, isAsked };
}

test("the page is left unasked before a lens was trained, and while one is trained", () => {
  const { reading, training, isAsked } = setup();
  expect(isAsked()).toBe(false);
  reading.setState({ info: { ...info, lenses: [...info.lenses, mine] } });
  expect(isAsked()).toBe(false); // it was opened from a file
  training.setState({ lens: "my text" });
  expect(isAsked()).toBe(false); // what is kept on this machine goes on after a reload
});

test("it asks while the trained lens is open and was never saved", () => {
  const { reading, training, files, isAsked } = setup();
  training.setState({ lens: "my text", receipt });
  expect(isAsked()).toBe(false);
  const lenses = [...info.lenses, mine];
  reading.setState({ info: { ...info, lenses } });
  expect(isAsked()).toBe(true);
  reading.setState({ info }); // closed
  expect(isAsked()).toBe(false);
  reading.setState({ info: { ...info, lenses } });
  files.setState({ saved: ["another's"] });
  expect(isAsked()).toBe(true);
  files.setState({ saved: ["another's", mine.sha256] });
  expect(isAsked()).toBe(false);
});
