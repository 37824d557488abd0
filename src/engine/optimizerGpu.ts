import type { Recording } from "../gpu/recording";
import type { Scratch } from "../gpu/scratch";
import { type GpuTensor, reshaped, sizeBytes, sizeOf } from "../gpu/tensor";
import { adam } from "../kernel/adam";
import { descend } from "../kernel/descend";
import { matmul } from "../kernel/matmul";
import { muonMomentum } from "../kernel/muonMomentum";
import { sgd } from "../kernel/sgd";
import type { Stepped } from "../kernel/stepped";
import { squareParts, sumSquares } from "../kernel/sumSquares";
import { unitNorm } from "../kernel/unitNorm";
import {
  newtonSchulzCoefficients,
  newtonSchulzEpsilon,
  newtonSchulzSteps,
} from "../lens/newtonSchulz";
import type { StepOptions } from "../lens/optimizer";
import type { TrainerOptions } from "../lens/trainingBackend";

/** Where steps are recorded. */
type Place = {
  readonly device: GPUDevice;
  readonly recording: Recording;
  readonly scratch: Scratch;
};

/** How the parameters of a group of layers take a step, in place: the rules of `src/lens`. */
export type GpuRule = {
  /** What it remembers between steps, by name: zeros at first. */
  readonly states: readonly string[];
  /** Records one. The largest group comes first, so that scratch does not grow after it. */
  record(place: Place, stepped: Stepped, options: StepOptions): Promise<void>;
};

const adamRule: GpuRule = {
  states: ["mean", "square"],
  async record({ device, recording }, stepped, options) {
    adam(device, await recording.next(0), stepped, options);
  },
};

const sgdRule: GpuRule = {
  states: ["momentum"],
  async record({ device, recording }, stepped, options) {
    sgd(device, await recording.next(0), stepped, options);
  },
};

/** Matrices only. */
const muonRule: GpuRule = {
  states: ["momentum"],
  async record(place, stepped, { rate, decay, scale }) {
    const { device, recording, scratch } = place;
    const { parameters, gradient } = stepped;
    const [averages] = stepped.states;
    const ahead = scratch.take("ahead", parameters.shape);
    muonMomentum(device, await recording.next(0), gradient, averages, ahead, scale);
    const direction = await orthogonalise(place, ahead);
    const options = {
      decay: rate * decay,
      stepSize: rate * 0.2 * Math.sqrt(parameters.shape[1]),
    };
    descend(device, await recording.next(0), stepped, direction, options);
  },
};

/** Muon is for matrices, and leaves vectors to AdamW. */
export function gpuRulesOf(method: TrainerOptions["settings"]["method"]): {
  readonly weight: GpuRule;
  readonly bias: GpuRule;
} {
  if (method === "muon") return { weight: muonRule, bias: adamRule };
  const rule = { adam: adamRule, sgd: sgdRule }[method];
  return { weight: rule, bias: rule };
}

/**
 * Newton and Schulz's iteration on every matrix; the definition is `newtonSchulz` in `src/lens`.
 *
 * @param matrices `[layers, n, n]`, overwritten
 * @returns the tensor that holds the result, one of the scratch's
 */
async function orthogonalise(
  { device, recording, scratch }: Place,
  matrices: GpuTensor,
): Promise<GpuTensor> {
  const { shape } = matrices;
  const [count, n] = shape;
  const [a, b, c] = newtonSchulzCoefficients;
  const gram = scratch.take("gram", shape);
  const polynomial = scratch.take("polynomial", shape);
  const parts = scratch.take("parts", [count, squareParts]);
  const flat = reshaped(matrices, [count, n * n]);
  const first = await recording.next(0);
  sumSquares(device, first, flat, parts);
  unitNorm(device, first, flat, parts, newtonSchulzEpsilon);

  const operations = 2 * sizeOf(shape) * n;
  let from = matrices;
  let to = scratch.take("next", shape);
  for (let step = 0; step < newtonSchulzSteps; ++step) {
    matmul(device, await recording.next(operations), from, from, gram, { transposeB: true });
    let encoder = await recording.next(operations);
    encoder.copyBufferToBuffer(gram.buffer, 0, polynomial.buffer, 0, sizeBytes(gram));
    matmul(device, encoder, gram, gram, polynomial, { scale: c, keep: b });
    encoder = await recording.next(operations);
    encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, 0, sizeBytes(from));
    matmul(device, encoder, polynomial, from, to, { keep: a });
    [from, to] = [to, from];
  }
  return from;
}
