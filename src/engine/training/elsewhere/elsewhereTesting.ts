import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { openSafetensors } from "../../../format/safetensors";
import { openZip } from "../../../format/zip";
import { defaultSettings } from "../../../lens/trainingDefaults";
import type { TrainingSettings } from "../../../lens/trainingSettings";
import type { Translator } from "../../../lens/translator";
import type { Unembed } from "../../../lens/unembed";
import { normals, random } from "../../../math/random";
import { sha256OfBlobs } from "../../../math/sha256Blob";
import type { Model } from "../../../model/model";
import { createCpuLens } from "../../lensCpu";
import type { TrainingKit } from "../../reader";
import { createCpuTraining } from "../../trainingCpu";
import type { PreparedText } from "../preparedText";
import type { Run } from "../runState";
import { ratesOf } from "../steps";
import { firstState, train } from "../train";

const positions = 32;

/** A text of random tokens, in sequences of 32. */
export async function randomText(vocab: number, trained = 11, heldOut = 3): Promise<PreparedText> {
  const uniform = random(3);
  const sequences = (count: number) =>
    Array.from({ length: count }, () =>
      Int32Array.from({ length: positions }, () => Math.floor(uniform() * vocab)),
    );
  const parts = { train: sequences(trained), heldOut: sequences(heldOut) };
  const documents = ["a first text\n", "“naïve” \ud83d\ude42"];
  return {
    summary: {
      ...{ name: "random", kind: "text", sampling: null, characters: 22, bytes: 30, documents: 2 },
      ...{ tokens: (trained + heldOut) * positions, sequences: trained + heldOut },
      ...{ sequenceLength: positions, trainPositions: trained * positions },
      ...{
        heldOutPositions: heldOut * positions,
        heldOutBytes: 8 * positions,
        sha256: "0".repeat(64),
      },
      idsSha256: await sha256OfBlobs([
        new Blob([...parts.train, ...parts.heldOut] as BlobPart[]), // these machines are little-endian
      ]),
    },
    ...parts,
    documents,
  };
}

/** Some lens: small random translators. */
export const randomTranslators = ({ info: { nLayers, dModel } }: Model): Translator[] =>
  Array.from({ length: nLayers }, (_, layer) => ({
    weight: normals(dModel ** 2, 0.02, layer + 1),
    bias: normals(dModel, 0.1, layer + 11),
  }));

/** A training of the whole vocabulary by Adam from the closed form, unless the settings say otherwise. */
export function runOf(
  model: Model,
  text: PreparedText,
  settings: Partial<TrainingSettings>,
  startTranslators: Run["startTranslators"] = Array(model.config.nLayers).fill(null),
): Run {
  const layers = settings.layers ?? startTranslators.map((_, layer) => layer);
  const all = { ...defaultSettings, subset: null, ...settings };
  return {
    model: model.info,
    text,
    settings: all,
    rates: ratesOf(all),
    name: "mine",
    layers,
    start: { kind: settings.start ?? "closedForm", name: null, sha256: null },
    startTranslators,
    notice: null,
  };
}

export async function unzip(zip: Blob, folder: string): Promise<void> {
  for (const [name, entry] of await openZip(zip, 2 ** 26)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await entry.read());
  }
}

/** Runs Python to its end. */
export function runPython(python: string, parameters: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(python, parameters, {
    encoding: "utf8",
    timeout: 180_000,
    env: {
      ...process.env,
      ...{ HF_HUB_OFFLINE: "1", OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" },
    },
  });
  if (status !== 0) throw new Error(stderr || stdout);
}

/** What the tests' script computed of a text, by the ids of its sequences. */
export function readHidden(path: string, text: PreparedText): Map<string, Float32Array[]> {
  const file = openSafetensors(new Uint8Array(readFileSync(path)));
  const found = new Map<string, Float32Array[]>();
  for (const part of ["train", "heldOut"] as const) {
    const [count, rows, length, dModel] = file.tensors.get(part)!.shape;
    const values = file.read(part);
    const size = length * dModel;
    for (let i = 0; i < count; ++i) {
      const hidden = Array.from({ length: rows }, (_, row) =>
        values.subarray((i * rows + row) * size, (i * rows + row + 1) * size),
      );
      found.set(String(text[part][i]), hidden);
    }
  }
  return found;
}

/** The page's training on the CPU's backends, with hidden states that are there already. */
export async function trainHere(
  run: Run,
  unembed: Unembed,
  known: ReadonlyMap<string, Float32Array[]>,
) {
  const lens = createCpuLens(unembed);
  const kit: TrainingKit<Float32Array> = {
    backend: createCpuTraining(unembed),
    open() {
      let ids: readonly number[] = [];
      /** Of the sequence that begins with these ids. */
      const hiddenOf = (wanted: readonly number[]) =>
        known.get(String(wanted)) ??
        Array.from(known).find(([key]) => key.startsWith(`${wanted},`))?.[1] ??
        [];
      return {
        get ids() {
          return ids;
        },
        get hidden() {
          return hiddenOf(ids);
        },
        async follow(wanted) {
          ids = wanted;
        },
        read: (request, signal) => lens.read({ ...request, hidden: hiddenOf(ids) }, signal),
        dispose() {},
      };
    },
  };
  return train(kit, run, firstState(run), {
    signal: new AbortController().signal,
    isCancelled: () => false,
    seconds: () => 0,
    between: async () => {},
    onLens() {},
    async onReport() {},
    notice: () => null,
  });
}
