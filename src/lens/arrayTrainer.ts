import { TrainingError } from "../errors";
import type { Floats } from "../math/floats";
import type { Affine } from "./lensGradient";
import type { Orthogonalise } from "./newtonSchulz";
import { averageShare, clipFactor, type Rule, rulesOf } from "./optimizer";
import type { ParameterSpace } from "./parameterSpace";
import type { LensTrainer, Sequence, TokenSubset, TrainerOptions } from "./trainingBackend";
import type { Loss } from "./trainingSettings";

/** Losses and gradients of one sequence, one entry a trained layer, in their order: the trainer's to keep. */
export type LayerGradients = {
  /** The mean loss over its positions, in nats. */
  readonly losses: Float32Array;
  /** null where only biases are trained. */
  readonly weights: readonly Floats[] | null;
  readonly biases: readonly Floats[];
};

export type GradientOf<Hidden> = (
  sequence: Sequence<Hidden>,
  layers: readonly number[],
  /** As they are now; not to be kept. */
  translators: readonly Affine[],
  loss: Loss,
  tokens: TokenSubset | null,
) => Promise<LayerGradients>;

/** Parameters with all that their steps need. */
type Trained = {
  /** `0.weight`: of layer 0. */
  readonly name: string;
  readonly part: "weight" | "bias";
  /** What the rate of a step is multiplied by. */
  readonly scale: number;
  readonly values: Floats;
  /** Of the step that is next; null, which is zero, until something is added. */
  gradient: Floats | null;
  readonly states: readonly Floats[];
  /** The running average of the values; null where the lens is the values themselves. */
  readonly average: Floats | null;
};

/**
 * A lens in training whose parameters are arrays of a space, wherever its gradients come from.
 *
 * @param openSpace as many floats as it is told will be asked for
 */
export function createArrayTrainer<Hidden>(
  { translators, layers, scales, settings }: TrainerOptions,
  parts: { readonly gradient: GradientOf<Hidden>; readonly orthogonalise: Orthogonalise },
  openSpace: (floats: number) => ParameterSpace,
): LensTrainer<Hidden> {
  const { method, clip, weightDecay: decay, schedule } = settings;
  const isWhole = settings.parts === "whole";
  const isAveraged = schedule === "averaged";
  const { orthogonalise } = parts;
  const space = openSpace(
    floatsOf(translators, rulesOf(method, orthogonalise), isWhole, isAveraged),
  );
  const rules = rulesOf(method, orthogonalise, space.adam);
  const lens: readonly Affine[] = sideBySide(translators, space);
  const copyOf = (values: Floats) => {
    const copy = space.allocate(values.length);
    copy.set(values);
    return copy;
  };
  const trainedOf = (index: number, part: Trained["part"]): Trained => {
    const values = lens[index][part];
    return {
      name: `${layers[index]}.${part}`,
      part,
      scale: scales[index][part],
      values,
      gradient: null,
      states: rules[part].states.map(() => space.allocate(values.length)),
      average: isAveraged ? copyOf(values) : null,
    };
  };
  const biases = layers.map((_, index) => trainedOf(index, "bias"));
  const weights = isWhole ? layers.map((_, index) => trainedOf(index, "weight")) : [];
  const trained = [...weights, ...biases];
  let taken = 0;
  const lensOf = (part: Trained["part"], index: number): Floats =>
    (part === "weight" ? weights : biases)[index]?.average ?? lens[index][part];

  /** All that is saved, by name: biases-only training saves no weights, which stay as they are. */
  const arrays = new Map<string, Floats>();
  for (const { name, part, values, states, average } of trained) {
    arrays.set(name, values);
    if (average) arrays.set(`${name}.average`, average);
    for (const [i, state] of rules[part].states.entries())
      arrays.set(`${name}.${state}`, states[i]);
  }

  return {
    async accumulate(sequence, loss, tokens, share) {
      const gradients = await parts.gradient(sequence, layers, lens, loss, tokens);
      for (const [i, one] of weights.entries())
        one.gradient = added(one.gradient, gradients.weights![i], share);
      for (const [i, one] of biases.entries())
        one.gradient = added(one.gradient, gradients.biases[i], share);
      return gradients.losses;
    },
    async step(rate) {
      let squares = 0;
      for (const one of trained) {
        one.gradient ??= new Float32Array(one.values.length);
        squares += sumOfSquares(one.gradient);
      }
      const norm = Math.sqrt(squares);
      const options = { decay, step: ++taken, scale: clipFactor(norm, clip) };
      for (const one of trained) {
        const { part, scale, values, gradient, states, average } = one;
        await rules[part].step(values, gradient!, states, { ...options, rate: scale * rate });
        one.gradient = null;
        if (average) space.moveToward(average, values, averageShare(taken));
      }
      return norm;
    },
    translators: async () =>
      lens.map((_, index) => ({
        weight: new Float32Array(lensOf("weight", index)),
        bias: new Float32Array(lensOf("bias", index)),
      })),
    async save() {
      const state = new Map([["step", Float32Array.of(taken)]]);
      for (const [name, values] of arrays) state.set(name, wordsOf(values).slice());
      return state;
    },
    load(state) {
      const find = (name: string, length: number) => {
        const values = state.get(name);
        if (values?.length !== length)
          throw new TrainingError(
            `The saved training does not fit: it has ${values?.length ?? "no"} values of ${name}, not ${length}. Start it anew.`,
          );
        return values;
      };
      const [step] = find("step", 1);
      const found = Array.from(arrays, ([name, values]) => {
        const words = wordsOf(values);
        return { words, saved: find(name, words.length) };
      });
      for (const { words, saved } of found) words.set(saved);
      taken = step;
      for (const one of trained) one.gradient = null;
    },
    dispose() {},
  };
}

/** The array's bytes as float32, so that float64 is saved bit for bit too. */
const wordsOf = (values: Floats) =>
  values instanceof Float32Array
    ? values
    : new Float32Array(values.buffer, values.byteOffset, 2 * values.length);

/** What a trainer asks of its space. */
function floatsOf(
  translators: readonly Affine[],
  rules: ReturnType<typeof rulesOf>,
  isWhole: boolean,
  isAveraged: boolean,
): number {
  const copies = (rule: Rule) => rule.states.length + Number(isAveraged);
  const [ofWeight, ofBias] = [isWhole ? copies(rules.weight) : 0, copies(rules.bias)];
  return translators.reduce(
    (sum, { weight, bias }) => sum + (1 + ofWeight) * weight.length + (1 + ofBias) * bias.length,
    0,
  );
}

/** Copies whose matrices lie one after the other, so that several layers can be handed on as one array. */
function sideBySide(translators: readonly Affine[], space: ParameterSpace): Affine[] {
  const size = translators[0].weight.length;
  const weights = space.allocate(translators.length * size);
  return translators.map((translator, index) => {
    const weight = weights.subarray(index * size, (index + 1) * size);
    const bias = space.allocate(translator.bias.length);
    weight.set(translator.weight);
    bias.set(translator.bias);
    return { weight, bias };
  });
}

/** `sum + factor · values`, in the place of the first of them. Most steps have one part: it is kept as it is. */
function added(sum: Floats | null, values: Floats, factor: number): Floats {
  if (!sum && factor === 1) return values;
  const into = sum ?? values;
  for (let i = 0; i < into.length; ++i) into[i] = (sum ? sum[i] : 0) + factor * values[i];
  return into;
}

/** In four sums side by side: one alone waits for each of its additions. */
function sumOfSquares(values: Floats): number {
  const end = values.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    a += values[i] * values[i];
    b += values[i + 1] * values[i + 1];
    c += values[i + 2] * values[i + 2];
    d += values[i + 3] * values[i + 3];
  }
  for (let i = end; i < values.length; ++i) a += values[i] * values[i];
  return a + b + c + d;
}
