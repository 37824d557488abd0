import type { ModelConfig } from "./config";

/** What folders and files are called whatever is in them; a number is a copy's. */
const generic =
  /^(model|models|pytorch_model|consolidated|snapshots?|main|master|hub|huggingface|checkpoints?|weights?|downloads?|outputs?|out|tmp|temp|desktop|documents|files|new folder|untitled folder|\.+|\(?\d+\)?)$/i;
/** A commit, as the folders of snapshots are called. */
const hash = /^[0-9a-f]{12,}$/i;
/** A model's folder in the Hub's cache. */
const cached = /^models--(?:([\w.-]+?)--)?([\w.-]+)$/;

/**
 * What to call a model of a Hugging Face folder: as the folder is, where that says anything, else as on the
 * Hub, by the cache that it lies in or by its config, else by its sizes.
 *
 * @param path of the folder, as far as it is known, or a file's name without its ending
 * @param nameOrPath what its config has under `_name_or_path`: for a fine-tune, what it was made from
 */
export function modelName(path: string, nameOrPath: unknown, config: ModelConfig): string {
  const parts = path.split(/[/\\]/).map(readable);
  for (const part of parts.toReversed()) {
    const [, organisation, name] = cached.exec(part ?? "") ?? [];
    if (name !== undefined) return organisation ? `${organisation}/${name}` : name;
  }
  const folder = telling(parts.filter((part) => part !== null).at(-1));
  return folder ?? telling(hubId(nameOrPath)) ?? described(config);
}

/** A name from a file, short enough for a line; null where there is none, or one that says nothing. */
export function telling(name: unknown): string | null {
  const text = readable(name);
  return text === null || generic.test(text) || hash.test(text) ? null : text;
}

const described = ({ family, nLayers, dModel }: ModelConfig) =>
  `${family}, ${nLayers} layers of ${dModel}`;

/** The name that a model has on the Hub, and not a path on the machine that it was saved on. */
const hubId = (id: unknown) =>
  typeof id === "string" && /^[a-z\d][\w.-]*(\/[\w.-]+)?$/i.test(id) ? id : null;

function readable(name: unknown): string | null {
  if (typeof name !== "string") return null;
  return (
    name
      .replace(/[\s\p{C}]+/gu, " ")
      .trim()
      .slice(0, 100) || null
  );
}
