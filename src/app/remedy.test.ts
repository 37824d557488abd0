import { expect, test } from "vitest";

import {
  DeviceLimitError,
  DeviceLostError,
  DownloadError,
  FileRefusedError,
  FormatError,
  LensMismatchError,
  MissingLensError,
  NoLensError,
  PromptError,
  ReaderStoppedError,
  ReadingFileError,
  UnsupportedError,
} from "../errors";
import { remedyFor, remedyForRefusal } from "./remedy";

const choices = ["auto", "webgpu", "wasm"] as const;

test("remedyFor offers nothing where only the prompt helps, or the sentence says it", () => {
  for (const backend of choices) {
    expect(remedyFor(new PromptError(""), backend)).toBeNull();
    expect(remedyFor(new MissingLensError("logit", "tuned"), backend)).toBeNull();
  }
});

test("remedyFor offers to try again what may go better then", () => {
  for (const backend of choices) {
    expect(remedyFor(new DownloadError(""), backend)).toBe("retry");
    expect(remedyFor(new DeviceLostError(""), backend)).toBe("retry");
  }
});

test("remedyForRefusal offers other files where it is the file, or one that is not open", () => {
  for (const error of [
    new FileRefusedError(""),
    new FormatError(""),
    new LensMismatchError(""),
    new NoLensError("Jacobian", "tuned"),
    new ReadingFileError("it is an empty list"),
    new UnsupportedError(""),
  ])
    expect(remedyForRefusal(error)).toBe("openOthers");
});

test("remedyForRefusal offers nothing to try again: nothing has failed", () => {
  expect(remedyForRefusal(new DownloadError(""))).toBeNull();
  expect(remedyForRefusal(new MissingLensError("logit", "tuned"))).toBeNull();
  expect(remedyForRefusal(new PromptError(""))).toBeNull();
});

test("remedyForRefusal leaves a GPU that is too small for a model, and a reader that stopped", () => {
  expect(remedyForRefusal(new DeviceLimitError("maxBufferSize", 2, 1))).toBe("withoutGpu");
  expect(remedyForRefusal(new ReaderStoppedError("x is undefined."))).toBe("reload");
});

test("remedyFor reloads the page where the reader stopped", () => {
  expect(remedyFor(new ReaderStoppedError("x is undefined."), "auto")).toBe("reload");
});

test("remedyFor leaves the GPU where it was asked for and is not there", () => {
  expect(remedyFor(new UnsupportedError(""), "webgpu")).toBe("withoutGpu");
  expect(remedyFor(new UnsupportedError(""), "auto")).toBe("retry");
});

test("remedyFor leaves a GPU that is too small, even where it was not asked for", () => {
  const error = new DeviceLimitError("maxBufferSize", 2, 1);
  for (const backend of ["auto", "webgpu"] as const)
    expect(remedyFor(error, backend)).toBe("withoutGpu");
});
