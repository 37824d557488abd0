import { deflateSync } from "fflate";

import { crc32 } from "../../format/crc32";
import { openZip } from "../../format/zip";
import { joined, record, zipOf } from "../../format/zipTesting";
import { type Dice, edges, oddName } from "./dice";

type Zipped = Parameters<typeof zipOf>[0][number];

/** A file of an archive, unpacked. */
type Part = { readonly name: string; readonly data: Uint8Array };

/** A file by its name, with something in it changed. */
export type MutatePart = (name: string, data: Uint8Array) => Promise<Uint8Array>;

const none = new Uint8Array();

/** What is in the archives that were taken apart: a seed is one many times. */
const taken = new WeakMap<Uint8Array, Promise<readonly Part[] | null>>();

/**
 * The same archive packed anew, with right checksums, and with one of its files, or of its directory's
 * fields, another; null where it does not open.
 */
export async function mutateZip(
  bytes: Uint8Array,
  dice: Dice,
  mutatePart: MutatePart,
): Promise<Uint8Array | null> {
  const known = taken.get(bytes) ?? takeApart(bytes);
  taken.set(bytes, known);
  const parts = await known;
  if (!parts || parts.length === 0) return null;

  let files: Zipped[] = parts.map(({ name, data }) => ({ name, data }));
  const at = weighted(parts, dice);
  const { name, data } = parts[at];
  const way = dice.below(20);
  if (way < 14) files[at].data = await mutatePart(name, data);
  else if (way < 17) Object.assign(files[at], oddField(files[at], dice));
  else if (way === 17) files = shuffled(files, at, dice);
  else if (way === 18) files[at].data = dice.chance(0.5) ? bomb(dice) : dice.pick(files).data;

  if (dice.chance(0.3)) files = files.map((file) => (dice.chance(0.7) ? deflated(file) : file));
  const packed = zipOf(files, way === 19 ? oddEnd(dice) : {});
  if (dice.chance(0.05)) return joined([packed.subarray(0, dice.below(200)), packed]);
  return packed;
}

async function takeApart(bytes: Uint8Array): Promise<readonly Part[] | null> {
  try {
    const entries = await openZip(new Blob([bytes as BlobPart]), 2 ** 22);
    return await Promise.all(
      Array.from(entries.values(), async (entry) => ({
        name: entry.name,
        data: await entry.read(),
      })),
    );
  } catch {
    return null;
  }
}

/** What tells what the others are is in one file of ten, and is changed in every second. */
function weighted(parts: readonly Part[], dice: Dice): number {
  const telling = parts.flatMap(({ name }, i) => (/\.(pkl|json|npy)$/.test(name) ? [i] : []));
  return telling.length > 0 && dice.chance(0.6) ? dice.pick(telling) : dice.below(parts.length);
}

function oddField({ name, data = none }: Zipped, dice: Dice): Zipped {
  const edge = () => Number(dice.pick(edges)) % 2 ** 32;
  const size = data.length;
  return dice.pick<() => Zipped>([
    () => ({ name: oddName(dice) }),
    () => ({ name: Uint8Array.from({ length: 1 + dice.below(12) }, () => dice.below(256)) }),
    () => ({ name: `${name}/` }),
    () => ({ method: dice.pick([1, 8, 9, 12, 14, 93, 99]) }),
    () => ({ flags: dice.pick([1, 8, 0x40, 0x800, 0x2000, 0xffff]) }),
    () => ({ size: dice.pick([0, 1, size + 1, size - 1, 2 * size, edge()]) }),
    () => ({ packed: dice.pick([0, 1, size + 1, 2 * size, edge()]) }),
    () => ({ crc: dice.pick([0, 0xffffffff, crc32(data) ^ 1]) }),
    () => ({ disk: dice.pick([1, 0xffff]) }),
    () => ({ offset: dice.pick([0, 1, dice.below(2000), edge()]) }),
    () => ({ extra: extra(size, dice), size: 0xffffffff, packed: dice.pick([size, 0xffffffff]) }),
    () => ({ localName: dice.pick(["", "b", `${name}`.slice(1)]) }),
    () => ({ localMethod: 8 }),
    () => ({ localExtra: new Uint8Array(dice.below(70)) }),
  ])();
}

/** The zip64 sizes of a file, right or not. */
function extra(size: number, dice: Dice): Uint8Array {
  const sizes = [size, size, 0].map((value) =>
    dice.chance(0.7) ? BigInt(value) : BigInt.asUintN(64, dice.pick(edges)),
  );
  const bytes = 8 * dice.below(4);
  const values = new BigUint64Array(sizes);
  return joined([record([2, 1], [2, bytes]), new Uint8Array(values.buffer).subarray(0, bytes)]);
}

const oddEnd = (dice: Dice) =>
  dice.pick([
    { count: dice.pick([0, 1, 2, 0xffff, 1000]) },
    { disk: 1 },
    { directoryBytes: dice.pick([-1, 1, -46, 1000, 2 ** 30]) },
    { directoryAt: dice.pick([-1, 1, 46, -1000, 2 ** 30]) },
  ]);

/** Without one of the files, with one twice, or in another order. */
function shuffled(files: readonly Zipped[], at: number, dice: Dice): Zipped[] {
  const others = files.filter((_, i) => i !== at);
  return dice.pick([
    () => others,
    () => [...files, files[at]],
    () => [...files, { ...files[at], name: `__MACOSX/._${files[at].name}` }],
    () => [...others, files[at]],
    () => [...files, { name: oddName(dice), data: new Uint8Array(dice.below(50)) }],
  ])();
}

/** Zeros, which deflate packs a thousandfold. */
const bomb = (dice: Dice) => new Uint8Array(dice.pick([1 << 12, 1 << 16, 1 << 20, 1 << 22]));

function deflated(file: Zipped): Zipped {
  const { data = none } = file;
  const packed = deflateSync(data);
  return { size: data.length, crc: crc32(data), ...file, data: packed, method: 8 };
}
