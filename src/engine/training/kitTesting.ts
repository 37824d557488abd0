import { defaultSettings } from "../../lens/trainingDefaults";
import type { TrainingSettings } from "../../lens/trainingSettings";
import type { Unembed } from "../../lens/unembed";
import { normals } from "../../math/random";
import { createCpuLens } from "../lensCpu";
import type { TrainingKit } from "../reader";
import { createCpuTraining } from "../trainingCpu";
import type { Control } from "./control";
import type { PreparedText } from "./preparedText";
import type { Run } from "./runState";
import type { RunStore } from "./runStore";
import { ratesOf } from "./steps";

/** A small unembedding whose logits lie a few nats apart. */
export const testingUnembed: Unembed = {
  vocab: 40,
  dModel: 12,
  norm: { kind: "rms", eps: 1e-5, weight: new Float32Array(12).fill(1), bias: null },
  unembedding: normals(40 * 12, 0.7, 99),
  bias: null,
};

/**
 * A kit of the CPU's backends whose hidden states no model computes: a token's embedding, to which each
 * layer adds a matrix of its own times it, and a part of the mean of what came before.
 *
 * @param onWork called before each run of the model and each read
 */
export function testingKit(onWork: () => void = () => {}): TrainingKit<Float32Array> {
  const { dModel, unembedding } = testingUnembed;
  const lens = createCpuLens(testingUnembed);
  const mixes = Array.from({ length: nLayers }, (_, l) => normals(dModel * dModel, 0.2, l + 1));
  const hiddenOf = (ids: readonly number[]): Float32Array[] => {
    const first = new Float32Array(ids.length * dModel);
    ids.forEach((id, p) => {
      first.set(unembedding.subarray(id * dModel, (id + 1) * dModel), p * dModel);
    });
    const states = [first];
    for (const mix of mixes) {
      const before = states[states.length - 1];
      const next = before.slice();
      const sum = new Float64Array(dModel);
      for (let p = 0; p < ids.length; ++p) {
        const h = before.subarray(p * dModel, (p + 1) * dModel);
        for (let i = 0; i < dModel; ++i) {
          sum[i] += h[i];
          let mixed = (0.3 * sum[i]) / (p + 1);
          for (let k = 0; k < dModel; ++k) mixed += mix[i * dModel + k] * h[k];
          next[p * dModel + i] += mixed;
        }
      }
      states.push(next);
    }
    return states;
  };
  return {
    backend: createCpuTraining(testingUnembed),
    open() {
      let ids: readonly number[] = [];
      let hidden: Float32Array[] = [];
      return {
        get ids() {
          return ids;
        },
        get hidden() {
          return hidden;
        },
        async follow(wanted, signal) {
          if (wanted.length > 0) onWork();
          signal?.throwIfAborted();
          ids = wanted;
          hidden = hiddenOf(wanted);
        },
        read(request, signal) {
          onWork();
          return lens.read({ ...request, hidden }, signal);
        },
        dispose() {},
      };
    },
  };
}

const nLayers = 2;

/** Never interrupts, takes no time and hears nothing, but for what it is told. */
export const testingControl = (more: Partial<Control> = {}): Control => ({
  signal: new AbortController().signal,
  isCancelled: () => false,
  seconds: () => 0,
  between: async () => {},
  notice: () => null,
  onLens() {},
  async onReport() {},
  ...more,
});

/** A run of the small model: a closed form, then steps over the whole vocabulary. */
export function testingRun(settings: Partial<TrainingSettings>, trained = 8, length = 24): Run {
  const { vocab, dModel } = testingUnembed;
  const all = { ...defaultSettings, subset: null, ...settings };
  return {
    model: { name: "tiny", family: "llama", nLayers, dModel, vocab, sha256: "aa" },
    text: testingText(vocab, trained, length),
    settings: all,
    rates: ratesOf(all),
    name: "mine",
    layers: [0, 1],
    start: { kind: settings.start ?? "closedForm", name: null, sha256: null },
    startTranslators: [null, null],
    notice: null,
  };
}

/** A text of token ids that follow one another as they like, a few more often than others. */
function testingText(vocab: number, trained: number, length: number): PreparedText {
  const draws = normals((trained + 2) * length, vocab / 8, 5);
  const sequences = Array.from({ length: trained + 2 }, (_, i) =>
    Int32Array.from(draws.subarray(i * length, (i + 1) * length), (x) =>
      Math.min(vocab - 1, Math.floor(Math.abs(x))),
    ),
  );
  return {
    summary: {
      ...{ name: "pasted", kind: "text", sampling: null, characters: 0, bytes: 0, documents: 1 },
      ...{ tokens: 0, sequences: trained + 2, sequenceLength: length },
      ...{ trainPositions: trained * length, heldOutPositions: 2 * length },
      ...{ heldOutBytes: 8 * length, idsSha256: "", sha256: "" },
    },
    train: sequences.slice(2),
    heldOut: sequences.slice(0, 2),
    documents: ["a text"],
  };
}

/** Files in memory, each in a copy. */
export function memoryStore() {
  const files = new Map<string, Blob>();
  const store: RunStore = {
    async write(name, parts) {
      files.set(name, new Blob([...parts] as BlobPart[]));
    },
    read: async (name) => files.get(name) ?? null,
    async remove(name) {
      files.delete(name);
    },
  };
  return { ...store, files };
}
