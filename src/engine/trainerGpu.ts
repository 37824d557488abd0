import { TrainingError } from "../errors";
import { submit } from "../gpu/kernel";
import type { Pace } from "../gpu/pace";
import { readTensors } from "../gpu/read";
import { createRecording } from "../gpu/recording";
import { createScratch } from "../gpu/scratch";
import {
  createTensor,
  type GpuTensor,
  recordReadback,
  reshaped,
  sizeOf,
  upload,
  write,
} from "../gpu/tensor";
import { moveToward } from "../kernel/moveToward";
import { squareParts, sumSquares } from "../kernel/sumSquares";
import { averageShare, clipFactor } from "../lens/optimizer";
import type { LensTrainer, TokenSubset, TrainerOptions } from "../lens/trainingBackend";
import { addGradients } from "./gradientGpu";
import { type LayerGroup, layerGroups } from "./layerGroups";
import type { GpuUnembed } from "./lensGpu";
import { type GpuRule, gpuRulesOf } from "./optimizerGpu";
import type { GpuTokens } from "./sumTokens";

/** How much is taken at once, so that no tensor is too large to bind. */
export type GpuTrainingSizes = {
  /** Weights of a group of layers, unless one layer alone has more. */
  readonly groupBytes: number;
  /** Numbers in each of the tensors of a block of states. */
  readonly maxStates: number;
};

/** The weights or the biases of a group of layers. */
type Parameters = {
  readonly part: "weight" | "bias";
  /** `[count, dModel, dModel]` or `[count, dModel]`. */
  readonly values: GpuTensor;
  /** null where they are not trained. */
  readonly trained: {
    readonly rule: GpuRule;
    readonly gradient: GpuTensor;
    readonly states: readonly GpuTensor[];
    /** Of each layer, `[count]`. */
    readonly scales: GpuTensor;
    /** The running average of the values; null where the lens is the values themselves. */
    readonly average: GpuTensor | null;
    /** Of the sum of squares of the gradient. */
    readonly parts: GpuTensor;
  } | null;
};

type Group = LayerGroup & { readonly weight: Parameters; readonly bias: Parameters };

/**
 * A lens in training on the GPU: parameters, gradients and the optimiser's state stay there. Layers are
 * taken in groups, whose matrices are in one tensor.
 *
 * @param tokensOf uploads a subset for one gradient, or gives the whole vocabulary
 * @throws DeviceLimitError if the matrix of one layer is larger than this device binds
 */
export function createGpuTrainer(
  device: GPUDevice,
  pace: Pace,
  unembed: GpuUnembed,
  { translators, layers, scales, settings }: TrainerOptions,
  { groupBytes, maxStates }: GpuTrainingSizes,
  tokensOf: (subset: TokenSubset | null) => { readonly tokens: GpuTokens; free(): void },
): LensTrainer<GpuTensor> {
  const { dModel } = unembed;
  const { method, clip, weightDecay: decay, schedule } = settings;
  const rules = gpuRulesOf(method);
  const scratch = createScratch(device);
  const owned: GpuTensor[] = [];
  const keep = (tensor: GpuTensor) => {
    owned.push(tensor);
    return tensor;
  };
  const own = (shape: readonly number[], label: string) => keep(createTensor(device, shape, label));
  const dispose = () => {
    for (const { buffer } of owned.splice(0)) buffer.destroy();
    scratch.dispose();
  };
  const parametersOf = ({ first, count }: LayerGroup, part: Parameters["part"]): Parameters => {
    const shape = part === "weight" ? [count, dModel, dModel] : [count, dModel];
    const size = sizeOf(shape) / count;
    const start = (label: string) => {
      const tensor = own(shape, label);
      for (let i = 0; i < count; ++i) write(device, tensor, translators[first + i][part], i * size);
      return tensor;
    };
    const values = start(part);
    if (part === "weight" && settings.parts === "bias") return { part, values, trained: null };
    const rule = rules[part];
    const factors = scales.slice(first, first + count).map((scale) => scale[part]);
    return {
      part,
      values,
      trained: {
        rule,
        gradient: own(shape, `${part} gradient`),
        states: rule.states.map((name) => own(shape, `${part} ${name}`)),
        scales: keep(upload(device, [count], Float32Array.from(factors), `${part} scales`)),
        average: schedule === "averaged" ? start(`${part} average`) : null,
        parts: own([count, squareParts], "parts"),
      },
    };
  };
  let groups: readonly Group[];
  try {
    groups = layerGroups(layers.length, dModel, groupBytes).map((group) => ({
      ...group,
      weight: parametersOf(group, "weight"),
      bias: parametersOf(group, "bias"),
    }));
  } catch (error) {
    dispose();
    throw error;
  }
  const parameters = groups.flatMap((group) =>
    [group.weight, group.bias].map((one) => ({ group, ...one })),
  );
  let taken = 0;

  /** All that is saved: the tensors, and the names of what each layer has in them. */
  const saved = parameters.flatMap(({ group, part, values, trained }) => {
    const names = (suffix: string) =>
      layers
        .slice(group.first, group.first + group.count)
        .map((layer) => `${layer}.${part}${suffix}`);
    const average = trained?.average;
    return trained
      ? [
          { tensor: values, names: names("") },
          ...(average ? [{ tensor: average, names: names(".average") }] : []),
          ...trained.states.map((tensor, i) => ({
            tensor,
            names: names(`.${trained.rule.states[i]}`),
          })),
        ]
      : [];
  });

  const clearGradients = (encoder: GPUCommandEncoder) => {
    for (const { trained } of parameters) if (trained) encoder.clearBuffer(trained.gradient.buffer);
  };

  return {
    async accumulate(sequence, loss, subset, share) {
      const { tokens, free } = tokensOf(subset);
      try {
        return await addGradients(
          device,
          pace,
          unembed,
          groups.map(({ first, count, weight, bias }) => ({
            first,
            count,
            weight: weight.values,
            bias: bias.values,
            weightGradient: weight.trained?.gradient ?? null,
            biasGradient: bias.trained!.gradient,
          })),
          sequence,
          { layers, share, loss, subset, tokens, maxStates },
          scratch,
        );
      } finally {
        free();
      }
    },
    async step(rate) {
      const encoder = device.createCommandEncoder({ label: "gradient norm" });
      const parts: GpuTensor[] = [];
      for (const { group, values, trained } of parameters) {
        if (!trained) continue;
        const { count } = group;
        const flat = reshaped(trained.gradient, [count, sizeOf(values.shape) / count]);
        sumSquares(device, encoder, flat, trained.parts);
        parts.push(trained.parts);
      }
      const readback = recordReadback(device, encoder, parts);
      let squares = 0;
      try {
        submit(device, encoder);
        for (const bytes of await readback.read())
          for (const part of new Float32Array(bytes)) squares += part;
      } finally {
        readback.destroy();
      }
      const norm = Math.sqrt(squares);
      const options = { rate, decay, step: ++taken, scale: clipFactor(norm, clip) };
      const recording = createRecording(device, pace, "optimiser step");
      const place = { device, recording, scratch };
      for (const { values, trained } of parameters) {
        if (!trained) continue;
        await trained.rule.record(place, { parameters: values, ...trained }, options);
        if (trained.average)
          moveToward(device, await recording.next(0), trained.average, values, averageShare(taken));
      }
      clearGradients(await recording.next(0));
      await recording.submit();
      return norm;
    },
    async translators() {
      const list = [];
      for (const { count, weight, bias } of groups) {
        const lens = [weight, bias].map(({ values, trained }) => trained?.average ?? values);
        const [w, b] = await readTensors(device, lens);
        for (let i = 0; i < count; ++i)
          list.push({
            weight: w.slice(i * dModel ** 2, (i + 1) * dModel ** 2),
            bias: b.slice(i * dModel, (i + 1) * dModel),
          });
      }
      return list;
    },
    async save() {
      const state = new Map([["step", Float32Array.of(taken)]]);
      for (const { tensor, names } of saved) {
        const [values] = await readTensors(device, [tensor]);
        const size = values.length / names.length;
        for (const [i, name] of names.entries())
          state.set(name, values.slice(i * size, (i + 1) * size));
      }
      return state;
    },
    load(state) {
      const find = (name: string, size: number) => {
        const values = state.get(name);
        if (values?.length !== size)
          throw new TrainingError(
            `The saved training does not fit: it has ${values?.length ?? "no"} values of ${name}, not ${size}. Start it anew.`,
          );
        return values;
      };
      const [step] = find("step", 1);
      const found = saved.flatMap(({ tensor, names }) => {
        const size = sizeOf(tensor.shape) / names.length;
        return names.map((name, i) => ({ tensor, at: i * size, values: find(name, size) }));
      });
      for (const { tensor, at, values } of found) write(device, tensor, values, at);
      taken = step;
      const encoder = device.createCommandEncoder({ label: "load training" });
      clearGradients(encoder);
      device.queue.submit([encoder.finish()]);
    },
    dispose,
  };
}
