import { createDice } from "./dice";
import { mutate } from "./mutate";
import type { Seed } from "./seeds";

/** One drop: a seed's files, of which one or more were changed. */
export type Drop = {
  readonly seed: Seed;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
};

/** What is duplicated again and again grows. */
const maxFileBytes = 2 ** 22;

const newNames = ["a.pt", "a.bin", "a.npz", "a.safetensors", "a.gguf", "a.zip", "a", "config.json"];

/** The files of one number of one seed: the same again and again. */
export async function createDrop(
  seeds: readonly Seed[],
  seed: number,
  index: number,
): Promise<Drop> {
  const dice = createDice(Math.imul(seed, 0x9e3779b1) + index);
  const formats = [...new Set(seeds.map(({ format }) => format))];
  const format = dice.pick(formats);
  const chosen = dice.pick(seeds.filter((one) => one.format === format));
  const files = [...chosen.files];
  for (let changed = dice.chance(0.1) ? 2 : 1; changed > 0; --changed) {
    const at = dice.below(files.length);
    const { name, bytes } = files[at];
    const other = dice.pick(dice.pick(seeds).files).bytes;
    let mutated = bytes;
    for (let times = dice.few(3); times > 0; --times) {
      const next = await mutate(name, mutated, dice, other);
      if (next.length <= maxFileBytes) mutated = next;
    }
    files[at] = { name: dice.chance(0.02) ? dice.pick(newNames) : name, bytes: mutated };
  }
  // What lies in the same folder may be anything.
  if (dice.chance(0.05)) {
    const { name, bytes } = dice.pick(dice.pick(seeds).files);
    files.push({
      name: `${folderOf(files[0].name)}${dice.pick(["", "2-"])}${baseOf(name)}`,
      bytes,
    });
  }
  return { seed: chosen, files };
}

const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
