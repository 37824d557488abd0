import { FormatError } from "../errors";
import { inWords } from "./inWords";
import type { LensConfig } from "./lensConfig";

/** The names that one layer's tensors have in the file; null where there is none. */
export type TranslatorNames = {
  readonly weight: string | null;
  readonly bias: string | null;
};

export type TunedNames = {
  /** By layer as we count them: 0 reads the embedding output. */
  readonly layers: Map<number, TranslatorNames>;
  /** Whether it is of the class of before April 2023, whose layer 0 may have none. */
  readonly isOld: boolean;
  readonly warnings: readonly string[];
};

/** What wraps a module and shows in its state dict: DDP, torch.compile, FSDP, and a training snapshot. */
const wrappers = /^(?:(?:module|_orig_mod|_fsdp_wrapped_module|lens)\.)+/;

/**
 * `3.weight`: the state dict of the list of translators, which `TunedLens.save` writes.
 * `layer_translators.3.weight` and `input_translator.weight`: that of a lens as a whole.
 */
const translator =
  /^(?:(?<layer>0|[1-9]\d{0,5})|layer_(?<word>translator|adapter|probe)s\.(?<index>0|[1-9]\d{0,5})|(?<input>input_(?:translator|adapter|probe)))\.(?<part>weight|bias)$/;

/** What else a state dict holds: the model's final norm and unembedding, and what is of no use here. */
const others: readonly {
  readonly pattern: RegExp;
  /** It is called so in the class of before April 2023. */
  readonly isOld?: true;
  readonly isRefused?: true;
  readonly warning?: string;
}[] = [
  { pattern: /^(unembed|final_norm)\./ },
  { pattern: /^(layer_norm|unembedding)\./, isOld: true },
  { pattern: /^(extra_layers|shared_mlp)\./, isRefused: true },
  {
    pattern: /^attn_(translator|adapter|probe)s\./,
    isOld: true,
    warning:
      "The lens's translators for the sums after attention are not used: a row here is a layer.",
  },
  {
    pattern: /^(optim|scheduler|dataloader)\./, // tuned_lens/scripts/train_loop.py
    warning: "The file is a snapshot of a lens's training, which may have gone on after it.",
  },
];

/**
 * Which tensor is whose translator, in every dialect of AlignmentResearch/tuned-lens.
 *
 * Two classes name their list `layer_translators`. Today's has a translator for each of the L layers,
 * 0 the embedding output, so number k is layer k. That of before April 2023 keeps layer 0's apart, as
 * `input_translator` (or has none: `include_input`), so number k is layer k + 1. The older one is told
 * by that tensor, by its config, by the words `adapter` and `probe`, or by what it calls the norm and
 * the unembedding.
 *
 * @throws FormatError if the names are of no lens, of two, or of options that are not done here
 */
export function tunedNames(names: Iterable<string>, config: LensConfig | null): TunedNames {
  const found: { name: string; groups: Record<string, string | undefined> }[] = [];
  const seen = new Set<(typeof others)[number]>();
  const unknown: string[] = [];
  for (const name of names) {
    const plain = name.replace(wrappers, "");
    const groups = translator.exec(plain)?.groups;
    if (groups) {
      found.push({ name, groups });
      continue;
    }
    const other = others.find(({ pattern }) => pattern.test(plain));
    if (other?.isRefused) refuseOptions([plain.split(".")[0]]);
    else if (other) seen.add(other);
    else unknown.push(name);
  }
  if (unknown.length > 0) {
    throw new FormatError(
      `This is no lens that is known here: it holds ${inWords(unknown)}. If it is a model's file, open it together with its config.json.`,
    );
  }

  const saysInput = config?.includeInput ?? null;
  const hasInput = found.some(({ groups }) => groups.input);
  const isOld =
    hasInput ||
    saysInput !== null ||
    [...seen].some((other) => other.isOld) ||
    found.some(({ groups }) => groups.word && groups.word !== "translator");
  if (saysInput && !hasInput && found.some(({ groups }) => groups.word)) {
    throw new FormatError(
      "The lens file is incomplete: its config.json says include_input, and it holds no input_translator.",
    );
  }

  const layers = new Map<number, TranslatorNames>();
  for (const { name, groups } of found) {
    const at = Number(groups.layer ?? groups.index ?? 0);
    const layer = isOld && groups.index ? at + 1 : at;
    const part = groups.part === "weight" ? "weight" : "bias";
    const of = layers.get(layer) ?? { weight: null, bias: null };
    const twin = of[part];
    if (twin !== null) {
      throw new FormatError(
        `This lens file has two translators for layer ${layer}: ${inWords([twin, name])}.`,
      );
    }
    layers.set(layer, { ...of, [part]: name });
  }
  const warnings = [...seen].flatMap(({ warning }) => warning ?? []);
  return { layers, isOld, warnings };
}

/** @throws FormatError if there are any */
export function refuseOptions(options: readonly string[]): void {
  if (options.length === 0) return;
  throw new FormatError(
    `This lens is more than one affine map a layer, and only such are read here: it was trained with ${inWords(options)}.`,
  );
}
