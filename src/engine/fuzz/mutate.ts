import type { Dice } from "./dice";
import { mutateBytes } from "./mutateBytes";
import { mutateGguf } from "./mutateGguf";
import { mutateJson } from "./mutateJson";
import { mutateNpy } from "./mutateNpy";
import { mutatePickle } from "./mutatePickle";
import { mutateSafetensors } from "./mutateSafetensors";
import { mutateZip } from "./mutateZip";
import { mutateZipField } from "./zipFields";

/**
 * A file with something in it changed: most often where its format has it, so that checksums and
 * lengths are right and a reader gets past them.
 *
 * @param other a file to splice in
 */
export async function mutate(
  name: string,
  bytes: Uint8Array,
  dice: Dice,
  other: Uint8Array,
): Promise<Uint8Array> {
  const changed = dice.chance(0.85) ? await mutateFormat(name, bytes, dice, other) : null;
  return changed ?? mutateBytes(bytes, dice, other);
}

/** Null where the file is of no format that is known here, or too damaged to be taken apart. */
async function mutateFormat(
  name: string,
  bytes: Uint8Array,
  dice: Dice,
  other: Uint8Array,
): Promise<Uint8Array | null> {
  const mutatePart = (part: string, data: Uint8Array) => mutate(part, data, dice, other);
  if (startsWith(bytes, "PK")) {
    return dice.chance(0.1) ? mutateZipField(bytes, dice) : mutateZip(bytes, dice, mutatePart);
  }
  if (startsWith(bytes, "GGUF")) return mutateGguf(bytes, dice);
  if (startsWith(bytes, "{")) return mutateJson(bytes, dice);
  if (startsWith(bytes, "\x93NUMPY")) return mutateNpy(bytes, dice, other);
  if (bytes[8] === 0x7b) return mutateSafetensors(bytes, dice, other);
  if (/\.pkl$/.test(name)) return mutatePickle(bytes, dice, 1);
  if (/\.pt$/.test(name)) return mutatePickle(bytes, dice, 5);
  return null;
}

const startsWith = (bytes: Uint8Array, text: string) =>
  Array.from(text).every((character, i) => bytes[i] === character.charCodeAt(0));
