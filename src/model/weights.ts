import { FormatError } from "../errors";
import { findTensor, type TensorFile } from "../format/tensorFile";
import type { Family, ModelConfig } from "./config";

/**
 * A model's parameters under the names that Hugging Face gives them, without the prefix of the base
 * model (`model.`, `transformer.`, `gpt_neox.`): `layers.0.self_attn.q_proj.weight`, `wte.weight`.
 *
 * Matrices are as Hugging Face stores them: `[out, in]`, but gpt2's `[in, out]`. What is not there
 * is a `FormatError` that names it.
 */
export type Weights = {
  has(name: string): boolean;
  /** The file's own name for how its numbers are stored. */
  dtype(name: string): string;
  shape(name: string): readonly number[];
  /** Row-major, in an array of its own. */
  read(name: string): Float32Array<ArrayBuffer>;
  /** `[rows.length, columns]`: these rows of a matrix. */
  readRows(name: string, rows: ArrayLike<number>): Float32Array<ArrayBuffer>;
};

const prefixes: Readonly<Record<Family, string>> = {
  llama: "model.",
  gpt2: "transformer.",
  gpt_neox: "gpt_neox.",
};

/** Causal masks and rotary frequencies, which old checkpoints keep among their weights. */
const buffer = /(\.(attn|attention)\.(bias|masked_bias)|\.inv_freq)$|\.rotary_emb\./;

/** @throws FormatError if two names in the file are one name here */
export function weightsFromSafetensors(file: TensorFile, family: Family): Weights {
  const prefix = prefixes[family];
  const stored = new Map<string, string>();
  for (const name of file.tensors.keys()) {
    if (buffer.test(name)) continue;
    const canonical = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    if (stored.has(canonical)) {
      throw new FormatError(`The file holds both ${name} and ${stored.get(canonical)}.`);
    }
    stored.set(canonical, name);
  }
  const find = (name: string) => {
    const found = stored.get(name);
    if (found === undefined) throw new FormatError(`The model's files hold no tensor ${name}.`);
    return found;
  };
  return {
    has: (name) => stored.has(name),
    dtype: (name) => findTensor(file.tensors, find(name)).dtype,
    shape: (name) => findTensor(file.tensors, find(name)).shape,
    read: (name) => file.read(find(name)),
    readRows: (name, rows) => file.readRows(find(name), rows),
  };
}

/** llama.cpp's names (`gguf-py/gguf/tensor_mapping.py`), by ours without the layer and the suffix. */
const ggufNames: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  llama: {
    embed_tokens: "token_embd",
    norm: "output_norm",
    lm_head: "output",
    input_layernorm: "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    post_attention_layernorm: "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
  },
  gpt2: {
    wte: "token_embd",
    wpe: "position_embd",
    ln_f: "output_norm",
    lm_head: "output",
    ln_1: "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    ln_2: "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
  },
  gpt_neox: {
    embed_in: "token_embd",
    final_layer_norm: "output_norm",
    embed_out: "output",
    input_layernorm: "attn_norm",
    "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output",
    post_attention_layernorm: "ffn_norm",
    "mlp.dense_h_to_4h": "ffn_up",
    "mlp.dense_4h_to_h": "ffn_down",
  },
};

/**
 * What llama.cpp's converter did to a tensor is undone: the rows of llama's q and k are put back
 * from pairs to halves of a head, those of gpt_neox's fused q, k and v head by head, and gpt2's
 * matrices are transposed (`convert_hf_to_gguf.py`: `LlamaModel.permute`, `GPTNeoXModel` and
 * `GPT2Model.modify_tensors`).
 */
export function weightsFromGguf(file: TensorFile, config: ModelConfig): Weights {
  const storedName = (name: string): string | undefined => {
    const [, layer, stem, kind] =
      /^(?:(?:layers|h)\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
    const names = ggufNames[config.family];
    if (stem === undefined || !Object.hasOwn(names, stem)) return undefined;
    return `${layer === undefined ? "" : `blk.${layer}.`}${names[stem]}.${kind}`;
  };
  const findStored = (name: string) => {
    const stored = storedName(name);
    if (stored === undefined || !file.tensors.has(stored)) {
      throw new FormatError(
        `The GGUF file holds no tensor ${name}${stored === undefined ? "" : ` (${stored})`}.`,
      );
    }
    const isTransposed = config.family === "gpt2" && /\.c_\w+\.weight$/.test(name);
    return { stored, isTransposed, ...findTensor(file.tensors, stored) };
  };
  const find = (name: string) => {
    const found = findStored(name);
    return { ...found, order: rowOrder(name, found.shape, config) };
  };

  return {
    has(name) {
      const stored = storedName(name);
      return stored !== undefined && file.tensors.has(stored);
    },
    dtype: (name) => findStored(name).dtype,
    shape(name) {
      const { shape, isTransposed } = findStored(name);
      return isTransposed ? shape.toReversed() : shape;
    },
    read(name) {
      const { stored, shape, isTransposed, order } = find(name);
      if (isTransposed) return transpose(file.read(stored), shape);
      if (!order) return file.read(stored);
      if (shape.length === 2) return file.readRows(stored, order);
      const values = file.read(stored);
      return Float32Array.from(order, (row) => values[row]);
    },
    readRows(name, rows) {
      const { stored, isTransposed, order } = find(name);
      if (isTransposed || order) {
        throw new FormatError(`Single rows of ${name} are not read from a GGUF file.`);
      }
      return file.readRows(stored, rows);
    },
  };
}

/** The file's row for each row of ours; null where they are the same. */
function rowOrder(
  name: string,
  shape: readonly number[],
  { family, nHeads, nKvHeads, headDim }: ModelConfig,
): Int32Array | null {
  const isFused = family === "gpt_neox" && name.includes(".query_key_value.");
  const isQuery = family === "llama" && name.includes(".q_proj.");
  const isKey = family === "llama" && name.includes(".k_proj.");
  if (!isFused && !isQuery && !isKey) return null;
  const rows = headDim * (isFused ? 3 * nHeads : isQuery ? nHeads : nKvHeads);
  if (shape[0] !== rows) {
    throw new FormatError(`Tensor ${name} has ${shape[0]} rows, expected ${rows}.`);
  }
  return Int32Array.from({ length: rows }, (_, row) => {
    const at = row % headDim;
    if (!isFused) {
      // Ours is [heads, 2, headDim / 2], the file's [heads, headDim / 2, 2].
      const half = headDim / 2;
      return row - at + 2 * (at % half) + Math.floor(at / half);
    }
    // Ours is [heads, 3, headDim], the file's [3, heads, headDim].
    const block = Math.floor(row / headDim);
    return ((block % 3) * nHeads + Math.floor(block / 3)) * headDim + at;
  });
}

function transpose(values: Float32Array, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const [rows, columns] = shape;
  const transposed = new Float32Array(values.length);
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      transposed[column * rows + row] = values[row * columns + column];
    }
  }
  return transposed;
}
