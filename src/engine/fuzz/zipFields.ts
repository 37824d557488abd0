import { type Dice, edges } from "./dice";
import { putInteger } from "./mutateBytes";

/** Where the fields of a record begin, from its signature, and how many bytes they have. */
type Layout = readonly (readonly [at: number, bytes: number])[];

/** PKWARE APPNOTE.TXT 6.3.10, 4.3, by signature, the last two bytes of which tell the records apart. */
const layouts: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  // The local header.
  [
    0x0403,
    [
      [4, 2],
      [6, 2],
      [8, 2],
      [14, 4],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  ],
  // What the directory says of a file.
  [
    0x0201,
    [
      [6, 2],
      [8, 2],
      [10, 2],
      [16, 4],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [34, 2],
      [42, 4],
    ],
  ],
  // The end record.
  [
    0x0605,
    [
      [4, 2],
      [6, 2],
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  ],
  // The zip64 end record, and its locator.
  [
    0x0606,
    [
      [4, 8],
      [16, 4],
      [20, 4],
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  ],
  [
    0x0706,
    [
      [4, 4],
      [8, 8],
      [16, 4],
    ],
  ],
]);

/** A zip archive in which one field of one record is another number; null where there are no records. */
export function mutateZipField(bytes: Uint8Array, dice: Dice): Uint8Array | null {
  const records: { at: number; layout: Layout }[] = [];
  for (let at = bytes.indexOf(0x50); at !== -1; at = bytes.indexOf(0x50, at + 1)) {
    const layout = bytes[at + 1] === 0x4b && layouts.get(bytes[at + 2] + 256 * bytes[at + 3]);
    if (layout) records.push({ at, layout });
  }
  if (records.length === 0) return null;
  const { at, layout } = dice.pick(dice.chance(0.3) ? records.slice(-3) : records);
  const [start, size] = dice.pick(layout);
  const changed = bytes.slice();
  let held = 0n;
  for (let i = size - 1; i >= 0; --i) held = held * 256n + BigInt(bytes[at + start + i] ?? 0);
  const near = [held + 1n, held - 1n, held * 2n, held ^ 1n, held ^ 8n, BigInt(dice.below(100))];
  putInteger(changed, at + start, size, dice.pick(dice.chance(0.5) ? edges : near));
  return changed;
}
