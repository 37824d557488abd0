import { readFileSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";

import { defaultSettings } from "../../lens/trainingDefaults";
import { openModel } from "../../model/openModel";
import { chooseReader } from "../chooseReader";
import type { Reader } from "../reader";
import { openSession, type Session } from "../session";
import type { TrainingReport } from "../trainingProtocol";
import { memoryStore, testingKit } from "./kitTesting";
import { createTrainingEngine } from "./trainingEngine";

vi.mock("../chooseReader", () => ({ chooseReader: vi.fn() }));

const blobOf = (path: string) =>
  new Blob([
    new Uint8Array(readFileSync(new URL(`../fixtures/tiny-llama/${path}`, import.meta.url))),
  ]);
const tiny = await openModel(
  new Map([
    ["config.json", blobOf("config.json")],
    ["model.safetensors", blobOf("model.safetensors")],
  ]),
  "tiny",
);
/** What `testingKit` reads with. */
const shape = { nLayers: 2, dModel: 12, vocab: 40 };
const modelNamed = (name: string) => ({
  ...tiny,
  config: { ...tiny.config, ...shape },
  info: { ...tiny.info, ...shape, name, sha256: `the sum of ${name}` },
});

const app = { name: "midthought", version: "1" };
const ignore = () => {};
const never = new AbortController().signal;
const settings = { ...defaultSettings, steps: 6, subset: null, learningRate: 1e-3 };
/** Token ids, as the model without a tokenizer reads them. */
const words = Array.from({ length: 200 }, (_, i) => (i * i + 3 * i) % 37).join(" ");
const text = { kind: "text", name: "pasted", text: words } as const;
const options = { sequenceLength: 12, heldOut: 24 };

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

function gate() {
  let open = ignore;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** What a reader's training waits for, whatever it is told meanwhile. */
let hold: Promise<void> | null = null;
let isElsewhere = false;
const lock = {
  take: async () => (isElsewhere ? null : ignore),
  isTaken: async () => isElsewhere,
};

beforeEach(() => {
  hold = null;
  isElsewhere = false;
  vi.mocked(chooseReader).mockImplementation(async () => {
    const training = async (use: (kit: ReturnType<typeof testingKit>) => Promise<unknown>) => {
      await hold;
      return use(testingKit());
    };
    const reader = {
      ...{ backend: "wasm", adapter: null, threads: 1, runtimeVersion: "", training },
      ...{ forget: ignore, dispose: ignore },
    };
    return { reader: reader as unknown as Reader, notice: null };
  });
});

/** The engine with a model and a text; `open` changes the model, as the page's does. */
async function start() {
  const store = memoryStore();
  const load = (name: string) =>
    openSession({ model: modelNamed(name), lenses: [], isBundled: false }, "wasm", never);
  let current: Session = await load("one");
  const engine = createTrainingEngine({
    session: async () => current,
    modelSha256: async () => current.model.info.sha256,
    openStore: async () => store,
    lock,
  });
  async function reopen(name: string) {
    await engine.setAside();
    current = await load(name);
  }
  const prepare = (more = {}) => engine.prepareText(text, { ...options, ...more }, ignore);
  await prepare();
  return {
    engine,
    files: store.files,
    prepare,
    names: () => current.lenses.all().map(({ info }) => info.name),
    session: () => current,
    reopen,
    async open(name: string) {
      await reopen(name);
      await prepare();
    },
  };
}

/** Trains until there is a lens, and is told then and with each report that follows. */
function train(
  engine: Awaited<ReturnType<typeof start>>["engine"],
  onGrown: (report: TrainingReport) => void,
) {
  return engine.train(settings, "mine", app, (report) => {
    if (report.phase !== "start" && report.isMeasured) onGrown(report);
  });
}

test("setAside() just as a training ends waits for its lens", async () => {
  const { engine, session } = await start();
  let aside: Promise<void> | null = null;
  let lensesThen: (string | null)[] = [];
  const trained = await train(engine, ({ phase }) => {
    if (phase !== "done") return;
    aside = engine.setAside().then(() => {
      lensesThen = session()
        .lenses.all()
        .map(({ info }) => info.sha256);
    });
  });
  await aside;
  expect(lensesThen).toEqual([expect.any(String)]);
  expect(trained.lens).toBe("mine");
  expect(await engine.savedRun()).toBe(null);
});

test("a training that is set aside closes its growing lens, and is saved with the lens's name", async () => {
  const { engine, names } = await start();
  let open: string[] = [];
  const training = train(engine, () => {
    open = names();
    void engine.setAside();
  });
  await expect(training).rejects.toThrow("It can go on when the model is back.");
  expect(open).toEqual(["mine"]);
  expect(names()).toEqual([]);
  expect(await engine.savedRun()).toMatchObject({ lens: "mine", isOfModel: true });
  const trained = await engine.resumeTraining(app, ignore);
  expect([trained.lens, ...names()]).toEqual(["mine", "mine"]);
  expect(await engine.savedRun()).toBe(null);
});

test("a training that would end the same way each time is not offered to go on with", async () => {
  const { engine, files, names } = await start();
  let saved = 0;
  const training = engine.train({ ...settings, ridge: -1 }, "mine", app, ({ phase }) => {
    if (phase !== "start") return;
    void engine.pauseTraining().then(() => {
      saved = files.size;
      return engine.continueTraining();
    });
  });
  await expect(training).rejects.toThrow("has no solution");
  expect(saved).toBeGreaterThan(0);
  expect(names()).toEqual([]);
  expect(await engine.savedRun()).toBe(null);
});

test("a training does not begin where another model's is saved, which stays", async () => {
  const { engine, open } = await start();
  await expect(train(engine, () => void engine.setAside())).rejects.toThrow("set aside");
  await open("other");
  await expect(engine.train(settings, "mine", app, ignore)).rejects.toThrow(
    "A training of another model, one, is saved on this machine",
  );
  await expect(engine.resumeTraining(app, ignore)).rejects.toThrow(
    /one \(sha256 the sum of one\).* other \(sha256 the sum of other\)/,
  );
  expect(await engine.savedRun()).toMatchObject({ isOfModel: false, model: { name: "one" } });
  await engine.discardRun();
  await engine.train(settings, "mine", app, ignore);
});

test("a growing lens that the visitor closes comes back only as the finished one", async () => {
  const { engine, session, names } = await start();
  const open: string[][] = [];
  const trained = await train(engine, () => {
    open.push(names());
    if (open.length === 1) session().closeLens("mine");
  });
  expect(open.length).toBeGreaterThan(2);
  expect(open[0]).toEqual(["mine"]);
  for (const later of open.slice(1)) expect(later).toEqual([]);
  expect(trained.lens).toBe("mine");
  expect(names()).toEqual(["mine"]);
});

test("a training that is cancelled before it has a lens leaves none, and nothing on disk", async () => {
  const { engine, names } = await start();
  const training = engine.train(settings, "mine", app, () => engine.cancelTraining());
  await expect(training).rejects.toMatchObject({ name: "AbortError" });
  expect(names()).toEqual([]);
  expect(await engine.savedRun()).toBe(null);
});

test("setAside() waits until estimates, evaluations and texts have let go of the model", async () => {
  const { engine, session, prepare } = await start();
  const tasks = {
    estimate: () => engine.estimateTraining(settings),
    evaluate: () =>
      engine.evaluate(
        { lenses: ["logit"], positions: null, transferOf: null, seed: 0 },
        app,
        ignore,
      ),
    prepare: () => prepare(),
  };
  for (const [name, task] of Object.entries(tasks)) {
    await prepare();
    const { opened, open } = gate();
    hold = opened;
    if (name === "prepare") {
      vi.spyOn(session(), "withReader").mockImplementationOnce(async (run, stop) => {
        await opened;
        return run({} as Reader, stop);
      });
    }
    const done = task().catch((error) => error);
    await tick();
    let isAside = false;
    const aside = engine.setAside().then(() => {
      isAside = true;
    });
    await tick();
    expect(isAside, name).toBe(false);
    open();
    expect(await done, name).toMatchObject({ name: "AbortError" });
    await aside;
  }
});

test("a lens that was trained with other sequences held out is named where it is measured, or gone on from", async () => {
  const { engine, prepare } = await start();
  expect((await train(engine, ignore)).notice).toBe(null);
  const request = { lenses: ["logit", "mine"], positions: null, transferOf: null, seed: 0 };
  expect((await engine.evaluate(request, app, ignore)).notice).toBe(null);
  await prepare({ heldOut: 48 });
  const known = /^mine was trained on this text with other sequences held out/;
  expect((await engine.evaluate(request, app, ignore)).notice).toMatch(known);
  expect((await engine.evaluate({ ...request, lenses: ["logit"] }, app, ignore)).notice).toBe(null);
  const from = { ...settings, start: "open", startLens: "mine" } as const;
  const reports: TrainingReport[] = [];
  const again = await engine.train(from, "again", app, (report) => void reports.push(report));
  expect(reports[0].notice).toMatch(known);
  expect(again.notice).toContain(reports[0].notice); // beside what else there is to know of its end
});

test("savedRun() is null while another tab trains, and none begins here", async () => {
  const { engine } = await start();
  await expect(train(engine, () => void engine.setAside())).rejects.toThrow("set aside");
  isElsewhere = true;
  expect(await engine.savedRun()).toBe(null);
  await expect(train(engine, ignore)).rejects.toThrow("Another tab of this page is training.");
  isElsewhere = false;
  expect(await engine.savedRun()).not.toBe(null);
});

test("a text is of the model that it was prepared with: opened again, that has it still", async () => {
  const { engine, reopen } = await start();
  await reopen("one");
  expect((await engine.train(settings, "mine", app, ignore)).lens).toBe("mine");
  await reopen("two");
  await expect(engine.train(settings, "mine", app, ignore)).rejects.toThrow("There is no text yet");
});

test("a training whose model is opened from its own reports is set aside", async () => {
  const { engine, open } = await start();
  const opened: Promise<void>[] = [];
  const onReport = async () => {
    if (opened.length === 0) opened.push(open("two"));
    await opened[0]; // a script that waits for it before it goes on
  };
  await expect(engine.train(settings, "mine", app, onReport)).rejects.toThrow("set aside");
  await opened[0];
});
