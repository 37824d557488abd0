import { expect, test, vi } from "vitest";

import type { OnnxModel } from "./graph";
import { lazySession } from "./lazySession";
import type { Runtime, Session } from "./runtime";

function setup() {
  const made = { run: vi.fn(), dispose: vi.fn(async () => {}) } satisfies Session;
  const session = vi.fn<Runtime["session"]>(async () => made);
  return { made, session, lazy: lazySession({ session }, () => ({}) as OnnxModel) };
}

test("get() makes the session once", async () => {
  const { made, session, lazy } = setup();
  expect(await Promise.all([lazy.get(), lazy.get()])).toEqual([made, made]);
  expect(session).toHaveBeenCalledOnce();
});

test("get() tries again where the session could not be made", async () => {
  const { made, session, lazy } = setup();
  session.mockRejectedValueOnce(new RangeError("no memory"));
  await expect(lazy.get()).rejects.toThrow("no memory");
  expect(await lazy.get()).toBe(made);
});

test("dispose() frees the session, also one that is still being made", async () => {
  const { made, lazy } = setup();
  const wanted = lazy.get();
  lazy.dispose();
  await wanted;
  await vi.waitFor(() => expect(made.dispose).toHaveBeenCalledOnce());
});

test("get() after dispose() rejects, and makes nothing that nobody would free", async () => {
  const { session, lazy } = setup();
  lazy.dispose();
  await expect(lazy.get()).rejects.toMatchObject({ name: "AbortError" });
  expect(session).not.toHaveBeenCalled();
});

// An unhandled rejection fails the run.
test("dispose() where the session cannot be made leaves that to those who wanted it", async () => {
  const { session, lazy } = setup();
  session.mockRejectedValueOnce(new RangeError("no memory"));
  const wanted = lazy.get();
  lazy.dispose();
  await expect(wanted).rejects.toThrow("no memory");
});
