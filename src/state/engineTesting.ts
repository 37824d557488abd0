import { vi } from "vitest";

import type {
  Engine,
  EngineInfo,
  Found,
  FoundModel,
  LinkedLens,
  LoadProgress,
  NamedBlob,
  OnReading,
  OpenLensInfo,
  ReadRequest,
} from "../engine/protocol";
import type { TrainingEngine } from "../engine/trainingProtocol";
import { LensMismatchError, PromptError } from "../errors";
import type { LensInfo, Reading } from "../lens/reading";
import { everyStatistic } from "../lens/testing";
import { fakeTraining } from "./trainingTesting";

/** 64 hexadecimal digits that belong to a name. */
export const sumOf = (name: string) =>
  Array.from(name, (c) => c.charCodeAt(0).toString(16))
    .join("")
    .padEnd(64, "0")
    .slice(0, 64);

/** A lens as the engine lists it: a file of this machine's, unless more is said. */
export const lensNamed = (name: string, more: Partial<OpenLensInfo> = {}): OpenLensInfo => ({
  kind: name.startsWith("jacobian") ? "jacobian" : "tuned",
  name,
  sha256: sumOf(name),
  nLayers: 1,
  sizeBytes: 100,
  isBundled: false,
  url: null,
  warnings: [],
  ...more,
});

/** The page's own model and lens. */
export const info: EngineInfo = {
  model: {
    name: "tiny",
    family: "llama",
    nLayers: 1,
    dModel: 4,
    vocab: 8,
    sha256: sumOf("tiny"),
  },
  isBundled: true,
  hasTokenizer: true,
  contextLength: 64,
  lenses: [lensNamed("closed form", { isBundled: true })],
  backend: "wasm",
  threads: 2,
  adapter: null,
  notice: null,
  versions: { "onnxruntime-web": "1.30.0" },
};

/** A visitor's model, which comes without a lens. */
export const other: EngineInfo = {
  ...info,
  model: { ...info.model, name: "other", nLayers: 3, dModel: 2048, sha256: sumOf("other") },
  isBundled: false,
  lenses: [],
};

/** The lens that the engine reads with where a request says this; null where none is open. */
function lensOf({ lenses }: EngineInfo, wanted: string): LensInfo | null {
  if (wanted === "logit") return { kind: "logit", name: "logit lens", sha256: null };
  const found =
    lenses.find(({ name }) => name === wanted) ?? lenses.findLast(({ kind }) => kind === wanted);
  return found ? { kind: found.kind, name: found.name, sha256: found.sha256 } : null;
}

/** A reading with one layer and a position a character, or an id; `done` of its two rows are there. */
export function readingOf(
  { prompt, lens, topK: k = 1 }: ReadRequest,
  done = 2,
  from: EngineInfo = info,
): Reading {
  const tokens =
    typeof prompt === "string"
      ? Array.from(prompt, (text) => ({ id: text.codePointAt(0)!, text }))
      : prompt.map((id) => ({ id, text: String(id) }));
  const all = 2 * tokens.length;
  const values = (size = all) =>
    Float32Array.from({ length: size }, (_, i) => (i < size / 2 && done < 2 ? Number.NaN : 0));
  return {
    backend: "wasm",
    model: from.model,
    lens: lensOf(from, lens) ?? { kind: "tuned", name: lens, sha256: null },
    prompt: typeof prompt === "string" ? prompt : null,
    tokens,
    targets: tokens.map((_, i) => tokens[i + 1]?.id ?? null),
    rows: [0, "output"],
    withoutLens: [],
    statistics: everyStatistic(values),
    topK: {
      k,
      ids: new Int32Array(all * k).fill(1),
      logProbs: values(all * k),
      finalLogProbs: values(all * k),
    },
    texts: new Map([[1, "a"]]),
    progress: { done: done * tokens.length, all },
  };
}

export const aborted = () => new DOMException("aborted", "AbortError");

/** What a file is, by the end of its name alone. */
function foundOf(file: NamedBlob): Found {
  const [, stem, end] = /([^/.]*)\.(\w+)$/.exec(file.name) ?? [];
  switch (end) {
    case "gguf":
      return { kind: "model", name: stem, files: [file] };
    case "pt":
      return { kind: "lens", name: stem, parameters: file, config: null, receipt: null };
    case "json":
      return { kind: "reading", file };
    case "md":
      return { kind: "ignored", file };
    default:
      return { kind: "refused", file, why: "It is nothing that is opened here." };
  }
}

/** What the test says of one call: how far it has come, and how it ends. */
type Held<Asked, Result> = Asked & {
  readonly report: (progress: LoadProgress) => void;
  readonly resolve: (result?: Result) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * An engine whose loads, reads and downloads end when the test says so. Lenses open at once, each under
 * the name and with the sum of its file's name; those of files called `jacobian…` are Jacobian lenses.
 */
export function fakeEngine({ isLoaded = false } = {}) {
  const loads: Held<object, void>[] = [];
  const models: Held<{ readonly model: FoundModel | null }, EngineInfo>[] = [];
  const fetches: Held<{ readonly lens: LinkedLens }, NamedBlob>[] = [];
  const reads: {
    request: ReadRequest;
    /** The reading, whole or not, as the engine would give it. */
    reading: (done?: number) => Reading;
    partial: OnReading;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  let isHere = isLoaded;
  let now = info;

  const cancel = vi.fn(async () => {
    for (const held of [loads, models, reads]) held.at(-1)?.reject(aborted());
  });
  /** Opens lenses behind the page's back; returns what the engine then says of itself. */
  const openHere = (...lenses: readonly OpenLensInfo[]): EngineInfo => {
    now = { ...now, lenses: [...now.lenses, ...lenses] };
    return now;
  };
  const { engine: training, ...trained } = fakeTraining(() => now.model);
  const engine = {
    ...training,
    load: vi.fn<Engine["load"]>(
      (_, report) =>
        new Promise((resolve, reject) => {
          if (isHere) return resolve(now);
          const done = () => {
            isHere = true;
            resolve(now);
          };
          loads.push({ report, resolve: done, reject });
        }),
    ),
    read: vi.fn<Engine["read"]>(
      (request, partial) =>
        new Promise((resolve, reject) => {
          reads.at(-1)?.reject(aborted());
          const from = now;
          const reading = (done?: number) => readingOf(request, done, from);
          reads.push({ request, reading, partial, resolve: () => resolve(reading()), reject });
          if (!lensOf(from, request.lens)) reject(new PromptError("No such lens is open."));
        }),
    ),
    tokenize: vi.fn<Engine["tokenize"]>(async () => [1]),
    inspect: vi.fn<Engine["inspect"]>(async (files) => files.map(foundOf)),
    openModel: vi.fn<Engine["openModel"]>(
      (model, _, report) =>
        new Promise((resolve, reject) => {
          const done = (next = model ? other : info) => {
            now = next;
            isHere = true;
            resolve(next);
          };
          models.push({ model, report, resolve: done, reject });
        }),
    ),
    openLens: vi.fn<Engine["openLens"]>(async ({ name }, sha256, url) => {
      if (sha256 && sha256 !== sumOf(name)) {
        throw new LensMismatchError("This is another lens than the link's.");
      }
      if (now.lenses.every((open) => open.name !== name)) openHere(lensNamed(name, { url }));
      return name;
    }),
    fetchLens: vi.fn<Engine["fetchLens"]>(
      (lens, report) =>
        new Promise((resolve, reject) => {
          const file = { name: lens.name, blob: new Blob() };
          fetches.push({ lens, report, resolve: (fetched = file) => resolve(fetched), reject });
        }),
    ),
    cancelFetch: vi.fn<Engine["cancelFetch"]>(async () => {
      fetches.at(-1)?.reject(aborted());
    }),
    closeLens: vi.fn<Engine["closeLens"]>(async (name) => {
      const lenses = now.lenses.filter((lens) => lens.name !== name || lens.isBundled);
      now = { ...now, lenses };
    }),
    saveLens: vi.fn<Engine["saveLens"]>(async (name) => new Blob([name])),
    info: vi.fn<Engine["info"]>(async () => now),
    cancel,
    isAtHand: vi.fn<Engine["isAtHand"]>(async () => true),
  } satisfies Engine & TrainingEngine;
  /** As when the GPU is reset. */
  const lose = () => {
    isHere = false;
  };
  return { engine, loads, models, fetches, reads, ...trained, cancel, openHere, lose };
}
