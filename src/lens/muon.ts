import type { Floats } from "../math/floats";
import type { Orthogonalise } from "./newtonSchulz";
import type { Rule } from "./optimizer";

export const momentum = 0.9;

/**
 * Muon of square matrices: momentum as an average with Nesterov's look-ahead, made orthogonal and of
 * the size of an AdamW step, and decoupled decay. `torch.optim.Muon` with
 * `adjust_lr_fn="match_rms_adamw"`, in full precision.
 */
export function createMuon(orthogonalise: Orthogonalise): Rule {
  // One matrix after the other: each is done with it before the next begins.
  let ahead: Floats = new Float32Array(0);
  return {
    states: ["momentum"],
    async step(parameters, gradient, [average], { rate, decay, scale }) {
      if (ahead.length !== parameters.length || ahead.constructor !== parameters.constructor)
        ahead = parameters.slice();
      for (let i = 0; i < parameters.length; ++i) {
        const g = scale * gradient[i];
        const mean = average[i] + (1 - momentum) * (g - average[i]);
        average[i] = mean;
        ahead[i] = g + momentum * (mean - g);
      }
      const n = Math.round(Math.sqrt(parameters.length));
      const direction = await orthogonalise(ahead, n);
      const kept = 1 - rate * decay;
      const stepSize = rate * 0.2 * Math.sqrt(n);
      for (let i = 0; i < parameters.length; ++i)
        parameters[i] = kept * parameters[i] - stepSize * direction[i];
    },
  };
}
