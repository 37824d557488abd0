import { unembedHash } from "../lens/unembedHash";
import { type Model, readUnembed } from "../model/model";

/** By a model; a hundred megabytes are read for each. */
const hashes = new WeakMap<Model, Promise<string>>();

/** The `unembed_hash` of a model, as Python's tuned-lens computes it, in lower-case hex. */
export function modelUnembedHash(model: Model): Promise<string> {
  const known = hashes.get(model);
  if (known) return known;
  const { unembedding, vocab, dModel } = readUnembed(model);
  const hash = unembedHash(unembedding, vocab, dModel);
  hashes.set(model, hash);
  return hash;
}
