import type { Family } from "../config";
import { gpt2 } from "./gpt2";
import { gptNeoX } from "./gptNeoX";
import type { Build } from "./layers";
import { llama } from "./llama";

/** One family of checkpoints: where its weights are, by their canonical names, and what a block does. */
export type Architecture = {
  /** `[vocab, dModel]`. */
  readonly tokenEmbedding: string;
  /** `[contextLength, dModel]`, added to the token's; null where positions are rotary. */
  readonly positionEmbedding: string | null;
  readonly finalNorm: { readonly kind: "rms" | "layer"; readonly name: string };
  /** The unembedding of an untied model, `[vocab, dModel]`. */
  readonly unembedding: string;
  /** Adds block `layer` to the graph and returns its output, `[positions, dModel]`. */
  block(build: Build, layer: number, hidden: string): string;
};

export const architectures: Readonly<Record<Family, Architecture>> = {
  llama,
  gpt2,
  gpt_neox: gptNeoX,
};
