import { expose } from "comlink";
import { expect, onTestFinished, test, vi } from "vitest";

import { FormatError, LensError } from "../errors";
import { defaultSettings } from "../lens/trainingDefaults";
import { connectEngine, type EngineWorker } from "./client";
import type { Engine } from "./protocol";
import type { Trained, TrainingReport } from "./trainingProtocol";

const app = { name: "midthought", version: "1" };

/** A client whose worker is the other end of a message channel. */
function connect(engine: Partial<Engine>) {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => {
    port1.close();
    port2.close();
  });
  expose(engine, port2);
  return { port: port1, client: connectEngine(port1 as EngineWorker) };
}

test("tokenize answers through the worker", async () => {
  const { client } = connect({ tokenize: async (text) => [text.length] });
  expect(await client.tokenize("abc")).toEqual([3]);
});

test("isAtHand answers through the worker", async () => {
  const { client } = connect({ isAtHand: async () => false });
  expect(await client.isAtHand()).toBe(false);
});

test("load reports progress through the worker", async () => {
  const { client } = connect({
    load: async (_, onProgress) => {
      await onProgress({ status: "preparing", name: "tiny" });
      throw new FormatError("done");
    },
  });
  const reports: unknown[] = [];
  await client.load("auto", (progress) => reports.push(progress)).catch(() => {});
  expect(reports).toEqual([{ status: "preparing", name: "tiny" }]);
});

test("a training waits for the page to have taken each report", async () => {
  const said: string[] = [];
  const { client } = connect({
    train: async (_settings, name, _app, onReport) => {
      await onReport({ step: 1 } as TrainingReport);
      said.push("trained on");
      return { lens: name } as Trained;
    },
  });
  const { lens } = await client.train(defaultSettings, "mine", app, async ({ step }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    said.push(`step ${step}`);
  });
  expect(lens).toBe("mine");
  expect(said).toEqual(["step 1", "trained on"]);
});

test("a LensError keeps its kind, its name and its sentence", async () => {
  const { client } = connect({
    tokenize: async () => {
      throw new FormatError("The file is cut short.");
    },
  });
  const error = await client.tokenize("").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FormatError);
  expect(error).toMatchObject({ name: "FormatError", message: "The file is cut short." });
});

test("an AbortError stays one", async () => {
  const { client } = connect({
    tokenize: async () => {
      throw new DOMException("A newer read was started.", "AbortError");
    },
  });
  await expect(client.tokenize("")).rejects.toMatchObject({ name: "AbortError" });
});

test("a bug in the worker becomes a sentence, and reaches the console", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => logged.mockRestore());
  const { client } = connect({
    tokenize: async () => {
      throw new TypeError("x is not a function");
    },
  });
  const error = await client.tokenize("").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(LensError);
  expect(error).toMatchObject({
    name: "ReaderStoppedError",
    message: "The reader stopped: x is not a function. Reload the page.",
  });
  expect(logged).toHaveBeenCalledOnce();
});

test.each([
  new RangeError("Array buffer allocation failed"),
  new RangeError("WebAssembly.Memory(): could not allocate memory"),
  new Error("failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc"),
])("the end of memory is a sentence of its own: %s", async (thrown) => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => logged.mockRestore());
  const { client } = connect({ tokenize: () => Promise.reject(thrown) });
  await expect(client.tokenize("")).rejects.toThrow(
    "The reader stopped: there was no memory left for it. Close other tabs, then reload the page.",
  );
});

test("a worker that dies ends the call under way and every later one", async () => {
  const { client, port } = connect({ tokenize: () => new Promise(() => {}) });
  const waiting = client.tokenize("");
  port.dispatchEvent(Object.assign(new Event("error"), { message: "Uncaught RangeError: memory" }));
  const sentence = "The reader stopped: RangeError: memory. Reload the page.";
  await expect(waiting).rejects.toThrow(sentence);
  await expect(client.cancel()).rejects.toThrow(sentence);
});
