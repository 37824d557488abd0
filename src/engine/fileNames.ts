import { baseOf, stemOf } from "./paths";

/** What systems and tools put into folders and archives by themselves; the Hub's cache lies in .cache too. */
const junk =
  /(^|\/)(__MACOSX\/|\.git\/|\.cache\/(?!huggingface\/hub\/)|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/;

/** What lies beside models and lenses and is not needed. */
const beside =
  /^(README|LICENSE|NOTICE|\.git)|\.(md|txt|py|ipynb)$|^(generation_config|tokenizer_config|special_tokens_map|added_tokens|vocab|merges|receipt|preprocessor_config)\b/i;

/** What training keeps beside what it makes. */
const training =
  /^(training_args|optimizer|scheduler|scaler|rng_state|random_states|mp_rank)(?![a-z])|_states$/i;

/** A model's weights once more, in another precision, of another library or in other pieces. */
const spareWeights = /^((pytorch_|tf_|flax_|rust_)?model|consolidated|adapter_model)([.-].*)?$/i;

/** Endings of tensors under which a model's folder has much and a lens rarely is, and the Hub's cache. */
const spareEndings = /\.(bin|ckpt|pkl|ot)$|(^|\/)blobs\/[\da-f]{40,64}$/i;

/** What all lenses' and models' files are called: the folder says whose they are. */
const generic = /^(params|lens|model|pytorch_model)$/i;

/** Found under these names only: a config, an index and a tokenizer. */
const fixed =
  /^(config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json$|^model\.safetensors$/i;

/** The number that a browser puts behind the name of a second file. */
const copyNumber = / ?\((\d{1,3})\)(?=\.[^.]+$)/;

export const isJunk = (path: string) => junk.test(path);
export const isBeside = (path: string) => beside.test(baseOf(path));
export const isOfTraining = (path: string) => training.test(stemOf(path));
export const isGeneric = (stem: string) => generic.test(stem);

/** Tensors that are no lens where there is a model. */
export const isSpare = (path: string) =>
  spareWeights.test(stemOf(originalOf(path))) ||
  (spareEndings.test(path) && !isGeneric(stemOf(originalOf(path))));

/** Whether anything that is opened here ends so. */
export const isOpenedHere = (path: string) =>
  /\.(pt|pth|bin|ckpt|pkl|safetensors|npz|gguf|json|zip)$/i.test(path);

/** A file's name as it was before a browser made another of it, and in the spelling that is looked for. */
export function originalOf(path: string): string {
  const name = baseOf(path).replace(copyNumber, "");
  return fixed.test(name) ? name.toLowerCase() : name;
}

/** Which of a browser's files of one name it is: 0 is the first. */
export const copyOf = (path: string) => Number(copyNumber.exec(baseOf(path))?.[1] ?? 0);
