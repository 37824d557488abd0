import type { ModelConfig } from "../config";

type Rotary = NonNullable<ModelConfig["rotary"]>;

/**
 * Cosines and sines of the rotary angles, each `[positions, rotary.dim / 2]`.
 *
 * Frequencies and angles are rounded to float32 as transformers rounds them
 * (`modeling_rope_utils.py`), so that long prompts keep the reference's numbers.
 */
export function rotaryCaches(rotary: Rotary, positions: number) {
  const half = rotary.dim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; ++i) {
    const frequency = scaled(
      Math.fround(1 / rotary.base ** ((2 * i) / rotary.dim)),
      rotary.scaling,
    );
    for (let position = 0; position < positions; ++position) {
      const angle = Math.fround(position * frequency);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

function scaled(frequency: number, scaling: Rotary["scaling"]): number {
  if (!scaling) return frequency;
  if (scaling.kind === "linear") return Math.fround(frequency / scaling.factor);
  // Llama 3: long wavelengths are divided, short ones kept, and between them a straight blend.
  const { factor, lowFreqFactor, highFreqFactor, originalContextLength } = scaling;
  const turns = (originalContextLength * frequency) / (2 * Math.PI);
  const kept = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)));
  return Math.fround(frequency * (kept + (1 - kept) / factor));
}
