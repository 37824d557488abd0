import type { Rule } from "./optimizer";

export const momentum = 0.9;

/** SGD with Nesterov's momentum and coupled decay: `torch.optim.SGD` with `nesterov=True`. */
export const sgd: Rule = {
  states: ["momentum"],
  step(parameters, gradient, [velocity], { rate, decay, scale }) {
    for (let i = 0; i < parameters.length; ++i) {
      const g = scale * gradient[i] + decay * parameters[i];
      const v = momentum * velocity[i] + g;
      velocity[i] = v;
      parameters[i] -= rate * (g + momentum * v);
    }
  },
};
