import { expect, test } from "vitest";

import type { LoadProgress } from "../engine/protocol";
import { DownloadError, LensMismatchError, PromptError } from "../errors";
import { lensNamed, sumOf } from "./engineTesting";
import type { WantedLens } from "./filesState";
import { setupFiles } from "./filesTesting";
import { holdTime, pass, tick } from "./storeTesting";

holdTime();

const wanted: WantedLens = { kind: "tuned", name: "mine", sha256: sumOf("mine"), remote: null };
const remote = { url: "https://x.org/mine.pt", sizeBytes: 1000 };
const distant: WantedLens = { ...wanted, remote };

test("a lens that a link asks for is asked for, and nothing is opened or fetched for it", async () => {
  const { state, files, engine, loads } = setupFiles();
  await files().want(distant);
  await pass(1000);
  expect(files().wanted).toEqual(distant);
  expect(state()).toMatchObject({ lens: "tuned", refusal: null, progress: { status: "idle" } });
  for (const call of [engine.fetchLens, engine.openLens, engine.inspect]) {
    expect(call).not.toHaveBeenCalled();
  }
  expect(loads).toHaveLength(0);
  await files().want(null);
  expect(files().wanted).toBeNull();
});

test("a lens that a link asks for and that is open is chosen", async () => {
  const { state, files, openHere, asked, reads, ready } = setupFiles();
  await ready();
  await state().know(openHere(lensNamed("mine"), lensNamed("yours")));
  const done = files().want({ ...wanted, name: "what the sender called it" });
  await tick();
  expect(files().wanted).toBeNull();
  expect(asked()).toEqual(["example, mine"]);
  reads[0].resolve();
  await done;
  expect(state().nameInUse()).toBe("mine");
});

test("want of a lens that is open passes on nothing that the page shows itself", async () => {
  const { state, files, openHere, reads, press, ready } = setupFiles();
  await ready();
  await state().know(openHere(lensNamed("mine")));
  const failing = files().want(wanted);
  await tick();
  reads[0].reject(new PromptError("The prompt is too long."));
  await expect(failing).resolves.toBeUndefined();
  expect(state().progress.status).toBe("failed");
  const overtaken = files().want(wanted);
  await tick();
  await press({ prompt: "next" });
  await expect(overtaken).resolves.toBeUndefined();
});

test("the file that a link names opens, and is the lens in use", async () => {
  const { state, files, engine, drop, rows, ready } = setupFiles();
  await ready();
  await files().want(wanted);
  await drop("mine.pt");
  expect(engine.openLens.mock.calls[0].slice(1)).toEqual([sumOf("mine"), null]);
  expect(files().wanted).toBeNull();
  expect(state().nameInUse()).toBe("mine");
  expect(rows()).toEqual(["mine.pt: used, in use: a tuned lens of 1 layer"]);
  await drop("yours.pt"); // from now on any will do
  expect(engine.openLens.mock.calls[1].slice(1)).toEqual([null, null]);
});

test("another file than the link's is refused, and the link's is still asked for", async () => {
  const { state, files, drop, rows, ready } = setupFiles();
  await ready();
  await files().want(wanted);
  await expect(drop("yours.pt")).rejects.toThrow(LensMismatchError);
  expect(files().wanted).toEqual(wanted);
  expect(rows()).toEqual(["yours.pt: refused, This is another lens than the link's."]);
  expect(state().refusal).toBeInstanceOf(LensMismatchError);
  expect(state().nameInUse()).toBe("closed form");
  await files().want(null); // the visitor does without the link's
  await drop("yours.pt");
  expect(state().nameInUse()).toBe("yours");
});

test("of several files the link's opens", async () => {
  const { state, files, drop, rows, ready } = setupFiles();
  await ready();
  await files().want(wanted);
  await expect(drop("yours.pt", "mine.pt")).rejects.toThrow(LensMismatchError);
  expect(rows().map((row) => /: (\w+)/.exec(row)?.[1])).toEqual(["refused", "used"]);
  expect(files().wanted).toBeNull();
  expect(state().nameInUse()).toBe("mine");
});

// Fetching it.

test("fetchWanted fetches nothing where no link says from where", async () => {
  const { files, fetches, rows } = setupFiles();
  await files().fetchWanted();
  await files().want(wanted);
  await files().fetchWanted();
  expect(fetches).toHaveLength(0);
  expect(rows()).toEqual([]);
});

test("fetchWanted fetches the link's lens, says how far it is, opens and chooses it", async () => {
  const { state, files, engine, fetches, rows, ready } = setupFiles();
  await ready();
  await files().want(distant);
  const done = files().fetchWanted();
  await tick();
  expect(fetches[0].lens).toEqual({ name: "mine", sha256: sumOf("mine"), ...remote });
  const row = { name: "mine", sizeBytes: 1000, loadedBytes: null, status: "reading", note: null };
  expect(files().rows).toEqual([row]);
  const load: LoadProgress = {
    status: "downloading",
    name: "mine",
    loadedBytes: 400,
    totalBytes: 1000,
    bytesPerSecond: 7,
  };
  fetches[0].report(load);
  expect(files().rows).toEqual([{ ...row, loadedBytes: 400 }]);
  const fetched = { name: "mine.pt", blob: new Blob(["x"]) };
  fetches[0].resolve(fetched);
  await done;
  expect(engine.openLens.mock.calls[0]).toEqual([
    { kind: "lens", name: "mine", parameters: fetched, config: null, receipt: null },
    sumOf("mine"),
    remote.url,
  ]);
  expect(rows()).toEqual(["mine: used, in use: a tuned lens of 1 layer"]);
  expect(files().wanted).toBeNull();
  expect(state().nameInUse()).toBe("mine");
});

test("fetchWanted before any model is loaded opens the lens for the page's own", async () => {
  const { state, files, engine, loads, fetches } = setupFiles();
  await files().want(distant);
  const done = files().fetchWanted();
  await tick();
  fetches[0].resolve();
  await tick();
  expect(engine.openLens).not.toHaveBeenCalled();
  loads[0].resolve();
  await done;
  expect(state().nameInUse()).toBe("mine");
});

test.each([
  ["does not arrive", new DownloadError("The lens could not be fetched from x.org: 404.")],
  ["is another", new LensMismatchError("This is another lens than the link's.")],
])("fetchWanted of a lens that %s is refused, and can be tried again", async (_, error) => {
  const { state, files, engine, fetches, rows, ready } = setupFiles();
  await ready();
  await files().want(distant);
  const done = files().fetchWanted();
  await tick();
  if (error instanceof DownloadError) fetches[0].reject(error);
  else {
    engine.openLens.mockRejectedValueOnce(error);
    fetches[0].resolve();
  }
  await done;
  expect(rows()).toEqual([`mine: refused, ${error.message}`]);
  expect(state().refusal).toBe(error);
  expect(state().nameInUse()).toBe("closed form");
  expect(files().wanted).toEqual(distant);
  const again = files().fetchWanted();
  await tick();
  fetches[1].resolve();
  await again;
  expect(files().wanted).toBeNull();
});

test("a lens that is fetched is measured by its own link, also where another was followed meanwhile", async () => {
  const { files, engine, fetches, ready } = setupFiles();
  await ready();
  await files().want(distant);
  const done = files().fetchWanted();
  await tick();
  const other: WantedLens = { ...wanted, name: "other", sha256: sumOf("other") };
  await files().want(other);
  fetches[0].resolve();
  await done;
  expect(engine.openLens.mock.calls.map(([, sha256, url]) => [sha256, url])).toEqual([
    [sumOf("mine"), remote.url],
  ]);
  expect(files().wanted).toEqual(other);
});

test("keeping the lens that is here lets go of what is being fetched", async () => {
  const { state, files, fetches, rows, ready } = setupFiles();
  await ready();
  await files().want(distant);
  const fetching = files().fetchWanted();
  await tick();
  expect(fetches).toHaveLength(1);
  await files().want(null);
  await fetching;
  expect(rows()).toEqual(["mine: ignored, cancelled"]);
  expect(state()).toMatchObject({ refusal: null });
  expect(files().wanted).toBeNull();
});
