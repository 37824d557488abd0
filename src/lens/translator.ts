/**
 * The affine map that carries one layer's hidden states into the final layer's basis.
 *
 * `translated = h + W h + b`, so that all-zero parameters are the logit lens and weight decay
 * pulls toward it. The paper writes `A h + b`; `A = I + W`. A Jacobian lens's `J h` is one with
 * `W = J − I` and `b = 0`.
 *
 * Belrose et al. 2023, "Eliciting Latent Predictions from Transformers with the Tuned Lens",
 * arXiv:2303.08112; AlignmentResearch/tuned-lens `tuned_lens/nn/lenses.py`.
 */
export type Translator = {
  /** `W`, `[dModel, dModel]`, row-major, output index first. */
  readonly weight: Float32Array;
  /** `b`, `[dModel]`. */
  readonly bias: Float32Array;
};
