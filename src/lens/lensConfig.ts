import * as v from "valibot";

import { FormatError } from "../errors";

/** A config.json is a few hundred bytes; one of early 2023 holds its model's config too. In UTF-16 units. */
const maxConfigLength = 1_000_000;
const maxNameLength = 500;

const count = (min: number) => {
  const expected = `a whole number from ${min} up`;
  return v.nullish(v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(min, expected)));
};
/** Half characters become U+FFFD: names are saved and shared. */
const asWellFormed = v.transform((text: string) => text.toWellFormed());
const text = () => {
  const expected = `a string of at most ${maxNameLength} characters`;
  const name = v.pipe(v.string(expected), v.maxLength(maxNameLength, expected));
  return v.nullish(v.pipe(name, asWellFormed));
};
const flag = () => v.nullish(v.boolean("true or false"));
const sizes = () => v.nullish(v.array(v.unknown(), "a list"));

/** What has no bearing on what the lens says. */
const ballast = () => v.optional(v.unknown());

const schema = v.object({
  base_model_name_or_path: text(),
  base_model_revision: text(),
  d_model: count(1),
  num_hidden_layers: count(1),
  bias: flag(),
  unembed_hash: text(),
  lens_type: text(),

  // April 2023
  unemebd_hash: text(),

  // 0.0.3 to 0.0.5
  num_layers: count(1),
  vocab_size: count(1),
  include_input: flag(),
  extra_layers: count(0),
  reuse_unembedding: flag(),
  model_config: v.nullish(v.looseObject({ _name_or_path: ballast() }, "an object")),

  // before
  model_name: text(),
  rank: count(0),
  mlp_hidden_sizes: sizes(),
  shared_mlp_hidden_sizes: sizes(),
  layer_norm: flag(),
  pre_ln: flag(),
  orthogonal: flag(),
  dropout: ballast(),
  identity_init: ballast(),
  include_final: ballast(),
  share_weights: ballast(),
  sublayers: ballast(),
});

/** What a lens's `config.json` says, in any of its dialects; null where it says nothing. */
export type LensConfig = {
  /** The model that it was made for, as its maker named it: on the Hub, or a path on some machine. */
  readonly baseModel: string | null;
  readonly dModel: number | null;
  /** L of the model, and not of the translators, which a lens of early 2023 has one less of. */
  readonly nLayers: number | null;
  /** Padded or not, as the model's own config has it. */
  readonly vocab: number | null;
  readonly bias: boolean | null;
  /** As `unembedHash` makes it. */
  readonly unembedHash: string | null;
  readonly lensType: string | null;
  /** Whether layer 0 has a translator; only lenses of before April 2023 say it. */
  readonly includeInput: boolean | null;
  /** Options under which the lens is more than one affine map a layer. */
  readonly unsupported: readonly string[];
  /** Keys that no version of the library has. */
  readonly unknown: readonly string[];
};

/**
 * The `config.json` of a tuned lens (AlignmentResearch/tuned-lens `tuned_lens/nn/lenses.py`: today's,
 * April 2023's, 0.0.3 to 0.0.5's, and those of before). Keys that are not known are listed, not refused.
 *
 * @throws FormatError if it is no JSON, no lens's config, or a value is of another type
 */
export function parseLensConfig(text: string): LensConfig {
  if (text.length > maxConfigLength) {
    throw new FormatError(
      `The lens's config.json is larger than ${maxConfigLength / 1e6} MB, and one has a few hundred bytes.`,
    );
  }
  const json = parseJson(text);
  if (!isLensConfig(json)) {
    throw new FormatError(
      "This config.json is not a lens's. A lens's says d_model and num_hidden_layers; a model's opens with the model's weights.",
    );
  }
  const { success, issues, output } = v.safeParse(schema, json, { abortEarly: true });
  if (!success) {
    const field = v.getDotPath(issues[0]);
    throw new FormatError(
      `The lens's config.json is damaged: ${field} is not ${issues[0].message}.`,
    );
  }

  const { num_hidden_layers, num_layers } = output;
  if (num_hidden_layers && num_layers && num_hidden_layers !== num_layers) {
    throw new FormatError(
      `The lens's config.json contradicts itself: num_hidden_layers is ${num_hidden_layers}, num_layers ${num_layers}.`,
    );
  }
  const saved = output.model_config?._name_or_path;
  const baseModel =
    output.base_model_name_or_path || output.model_name || (typeof saved === "string" ? saved : "");
  return {
    baseModel: baseModel.slice(0, maxNameLength) || null,
    dModel: output.d_model ?? null,
    nLayers: num_hidden_layers ?? num_layers ?? null,
    vocab: output.vocab_size ?? null,
    bias: output.bias ?? null,
    unembedHash: output.unembed_hash || output.unemebd_hash || null,
    lensType: output.lens_type ?? null,
    includeInput: output.include_input ?? null,
    unsupported: unsupportedOptions(output),
    unknown: Object.keys(json).filter((key) => !Object.hasOwn(schema.entries, key)),
  };
}

/**
 * Whether a parsed `config.json` is a lens's, and not a model's: those of Hugging Face say `model_type`
 * or `architectures`, some of them (T5's, OPT's) `d_model` too.
 */
export function isLensConfig(json: unknown): json is object {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  const has = (key: string) => Object.hasOwn(json, key);
  if (has("model_type") || has("architectures")) return false;
  return has("lens_type") || (has("d_model") && (has("num_hidden_layers") || has("num_layers")));
}

function unsupportedOptions(options: v.InferOutput<typeof schema>): string[] {
  const used = {
    extra_layers: (options.extra_layers ?? 0) > 0,
    reuse_unembedding: options.reuse_unembedding === false,
    rank: (options.rank ?? 0) > 0,
    mlp_hidden_sizes: (options.mlp_hidden_sizes ?? []).length > 0,
    shared_mlp_hidden_sizes: (options.shared_mlp_hidden_sizes ?? []).length > 0,
    layer_norm: options.layer_norm === true,
    pre_ln: options.pre_ln === true,
    orthogonal: options.orthogonal === true,
  };
  return Object.entries(used).flatMap(([name, isUsed]) => (isUsed ? [name] : []));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError("The lens's config.json is not JSON, or is cut short.");
  }
}
