import { expect, test } from "vitest";

import { createCheckpoint } from "./checkpoint";
import { memoryStore, testingRun } from "./kitTesting";
import type { Run } from "./runState";
import { firstState } from "./train";

const run = (name: string): Run => ({ ...testingRun({}), name });

/** A run that is saved in the store. */
async function saved(store: ReturnType<typeof memoryStore>, name: string) {
  const checkpoint = createCheckpoint(store);
  checkpoint.begin(run(name));
  await checkpoint.save(firstState(run(name)));
  return checkpoint;
}
const nameIn = async (store: ReturnType<typeof memoryStore>) =>
  (await createCheckpoint(store).find())?.run.name;

test("a run stays until the first state of the next one is written", async () => {
  const store = memoryStore();
  await saved(store, "first");
  let writes = 0;
  const failing = createCheckpoint({
    ...store,
    async write(name, parts) {
      if (++writes === 2) throw new DOMException("The disk is full.", "QuotaExceededError");
      await store.write(name, parts);
    },
  });
  failing.begin(run("second"));
  expect(await nameIn(store)).toBe("first");
  await expect(failing.save(firstState(run("second")))).rejects.toThrow("full");
  expect(await nameIn(store)).toBe("first");
  await failing.save(firstState(run("second")));
  expect(await nameIn(store)).toBe("second");
  expect([...store.files.keys()].sort()).toEqual(["b-run.safetensors", "b-state-0.safetensors"]);
});

test("end() leaves a run that another saved", async () => {
  const store = memoryStore();
  await saved(store, "first");
  const next = createCheckpoint(store);
  next.begin(run("second"));
  await next.end();
  expect(await nameIn(store)).toBe("first");
});

test("end() leaves nothing of the run that it saved", async () => {
  const store = memoryStore();
  await (await saved(store, "first")).end();
  expect(store.files.size).toBe(0);
});

test("save() leaves the newest whole state alone where it fails, also twice", async () => {
  const store = memoryStore();
  let isFull = false;
  const checkpoint = createCheckpoint({
    ...store,
    async write(name, parts) {
      await store.write(name, isFull ? [] : parts); // a write that was cut off
      if (isFull) throw new DOMException("The disk is full.", "QuotaExceededError");
    },
  });
  checkpoint.begin(run("first"));
  const state = firstState(run("first"));
  await checkpoint.save(state);
  await checkpoint.save({ ...state, progress: { ...state.progress, step: 1 } });
  isFull = true;
  for (let i = 0; i < 2; ++i) await expect(checkpoint.save(state)).rejects.toThrow("full");
  expect((await createCheckpoint(store).find())?.progress.step).toBe(1);
});

test("of two runs that a crash left, find() takes the newer", async () => {
  const store = memoryStore();
  await saved(store, "first");
  const files = new Map(store.files);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await saved(store, "second");
  for (const [name, blob] of files) store.files.set(name, blob);
  expect(await nameIn(store)).toBe("second");
});

test("a run of another format is treated as none", async () => {
  const store = memoryStore();
  await saved(store, "first");
  const name = "a-run.safetensors";
  const text = await store.files.get(name)!.text();
  expect(text).toContain("midthought-run/2");
  const bytes = new Uint8Array(await store.files.get(name)!.arrayBuffer());
  const at = text.indexOf("midthought-run/2") + "midthought-run/".length;
  bytes[at] = "1".charCodeAt(0);
  store.files.set(name, new Blob([bytes]));
  expect(await nameIn(store)).toBe(undefined);
});
