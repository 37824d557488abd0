import { expect, test } from "vitest";

import { DownloadError, LensError, PromptError, UnsupportedError } from "../errors";
import { remedyFor } from "./remedy";

test("remedyFor offers what helps, and nothing where only the prompt does", () => {
  expect(remedyFor(new PromptError(""), "auto")).toBeNull();
  expect(remedyFor(new DownloadError(""), "auto")).toBe("retry");
  const stopped = Object.assign(new LensError(""), { name: "ReaderStoppedError" });
  expect(remedyFor(stopped, "auto")).toBe("reload");
});

test("remedyFor leaves the GPU only where it was asked for", () => {
  expect(remedyFor(new UnsupportedError(""), "webgpu")).toBe("withoutGpu");
  expect(remedyFor(new UnsupportedError(""), "auto")).toBe("retry");
});
