import { expect, test } from "vitest";

import {
  DeviceLimitError,
  DeviceLostError,
  DownloadError,
  MissingLensError,
  PromptError,
  ReaderStoppedError,
  ReadingFileError,
  UnsupportedError,
} from "../errors";
import { remedyFor } from "./remedy";

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

test("remedyFor of a file that is no reading offers other files", () => {
  expect(remedyFor(new ReadingFileError("it is an empty list"), "auto")).toBe("openOthers");
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
