import { openSafetensors } from "../format/safetensors";
import type { Sequence } from "../lens/trainingBackend";
import type { Translator } from "../lens/translator";
import { openGoldens } from "./lensGoldens";

export const goldenMethods = ["sgd", "adam", "muon"] as const;
type GoldenMethod = (typeof goldenMethods)[number];

/** Steps whose parameters are there. */
export const goldenSteps = [1, 10, 100] as const;

/** Steps that the learning rate of every method falls over. */
const steps = 100;

/** What each method trained with, all at the rates below times `1 − step / 100`. */
const settings = {
  sgd: { method: "sgd", weightDecay: 1e-3, clip: 1 },
  adam: { method: "adam", weightDecay: 0, clip: 1 },
  muon: { method: "muon", weightDecay: 0.01, clip: null },
} as const;
const rates = { sgd: 0.1, adam: 1e-3, muon: 0.01 } as const;

/** Opens `fixtures/training`; `readBytes` gets a file by its path under `fixtures/`. */
export async function openTrainingGoldens(
  readBytes: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
) {
  const { unembed } = await openGoldens("tiny-llama", readBytes);
  const tensors = openSafetensors(await readBytes("training/goldens.safetensors"));
  const [nHidden, positions, dModel] = tensors.tensors.get("hidden")!.shape;
  const hidden = tensors.read("hidden");
  const size = positions * dModel;
  const layers = Array.from({ length: nHidden - 1 }, (_, layer) => layer);
  const ids = tensors.readInt32("ids");
  const sequence: Sequence<Float32Array<ArrayBuffer>> = {
    hidden: Array.from({ length: nHidden }, (_, i) => hidden.slice(i * size, (i + 1) * size)),
    positions,
    targets: Int32Array.of(...ids.subarray(1), -1),
  };
  const read = (name: string): Translator[] =>
    layers.map((layer) => ({
      weight: tensors.read(`${name}.${layer}.weight`),
      bias: tensors.read(`${name}.${layer}.bias`),
    }));

  return {
    unembed,
    layers,
    sequence,
    /** Of the KL summed over layers where every translator is zero, not clipped. */
    gradient: read("gradient"),
    /** The closed form, ridge 1e-4. */
    ridge: read("ridge"),
    /** Of every layer before each step and after the last, `[method][101][layer]`, in nats. */
    losses: JSON.parse(new TextDecoder().decode(await readBytes("training/losses.json"))) as Record<
      GoldenMethod,
      number[][]
    >,
    /** What a trainer is opened with; it starts from zero. */
    options: (method: GoldenMethod) => ({
      translators: layers.map(() => ({
        weight: new Float32Array(dModel * dModel),
        bias: new Float32Array(dModel),
      })),
      layers,
      scales: layers.map(() => ({ weight: 1, bias: 1 })),
      settings: { ...settings[method], parts: "whole" as const, schedule: "falling" as const },
    }),
    /** The learning rate of the step that follows `step` steps. */
    rate: (method: GoldenMethod, step: number) => rates[method] * (1 - step / steps),
    /** The translators after so many steps. */
    after: (method: GoldenMethod, step: (typeof goldenSteps)[number]) => read(`${method}.${step}`),
  };
}

/** The largest ‖actual − expected‖ / ‖expected‖ of the layers' weights and biases. */
export function relativeError(
  actual: readonly Translator[],
  expected: readonly Translator[],
): number {
  const errorOf = (a: ArrayLike<number>, b: Float32Array) => {
    let difference = 0;
    let norm = 0;
    for (let i = 0; i < b.length; ++i) {
      difference += (a[i] - b[i]) ** 2;
      norm += b[i] ** 2;
    }
    return Math.sqrt(difference / norm);
  };
  const errors = expected.flatMap(({ weight, bias }, i) => [
    errorOf(actual[i].weight, weight),
    errorOf(actual[i].bias, bias),
  ]);
  return errors.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...errors);
}
