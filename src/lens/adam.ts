import type { Rule, StepOptions } from "./optimizer";

export const beta1 = 0.9;
export const beta2 = 0.999;
export const epsilon = 1e-8;

/** What a step multiplies by, whatever the entry: the means begin at zero, and are scaled up while they are young. */
export const factorsOf = ({ rate, decay, step }: StepOptions) => ({
  kept: 1 - rate * decay,
  stepSize: rate / (1 - beta1 ** step),
  squareScale: 1 / (1 - beta2 ** step),
});

/** Adam with decoupled decay: `torch.optim.AdamW`, and `torch.optim.Adam` where the decay is 0. */
export const adam: Rule = {
  states: ["mean", "square"],
  step(parameters, gradient, [means, squares], options) {
    const { kept, stepSize, squareScale } = factorsOf(options);
    const { scale } = options;
    for (let i = 0; i < parameters.length; ++i) {
      const g = scale * gradient[i];
      const mean = means[i] + (1 - beta1) * (g - means[i]);
      const square = beta2 * squares[i] + (1 - beta2) * g * g;
      means[i] = mean;
      squares[i] = square;
      parameters[i] =
        kept * parameters[i] - (stepSize * mean) / (Math.sqrt(square * squareScale) + epsilon);
    }
  },
};
