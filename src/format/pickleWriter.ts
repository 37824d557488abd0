/** A pickle under construction: each call writes what leaves one more value on the reader's stack. */
export type PickleWriter = {
  /** Opcodes that need no more than themselves. */
  op(...opcodes: readonly number[]): void;
  text(value: string): void;
  /** An integer in [0, 2^31). */
  integer(value: number): void;
  /** A class or function by its module and name. */
  global(module: string, name: string): void;
  /** A tuple of what `writeItems` writes, an item a call. */
  tuple(writeItems: readonly (() => void)[]): void;
  /** Remembers the value on top, as CPython does of each that could occur twice. */
  remember(): void;
  /** The whole pickle; nothing can be written after it. */
  finish(): Uint8Array<ArrayBuffer>;
};

/** Opcodes by CPython's names (`Lib/pickle.py`), those that stand alone. */
export const pickleOp = {
  mark: 0x28, // (
  emptyTuple: 0x29, // )
  persistentId: 0x51, // Q
  reduce: 0x52, // R
  setItem: 0x73, // s
  setItems: 0x75, // u
  newFalse: 0x89,
} as const;

const [proto, stop, globalName, unicode] = [0x80, 0x2e, 0x63, 0x58];
const [put, longPut, get, longGet] = [0x71, 0x72, 0x68, 0x6a];
const [int1, int2, int4] = [0x4b, 0x4d, 0x4a];
/** Of a tuple of 1, 2 or 3 items. */
const [tuple1, tupleOfMarked] = [0x85, 0x74];

/**
 * Writes protocol 2, the one that `torch.save` writes, with the opcodes that CPython chooses.
 *
 * A string or a global that was written before is fetched from the memo, as CPython does with one
 * object that occurs twice.
 */
export function createPickleWriter(): PickleWriter {
  const bytes: number[] = [proto, 2];
  const memo = new Map<string, number>();
  let remembered = 0;

  const fourBytes = (value: number) =>
    void bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  const indexed = (short: number, long: number, index: number) => {
    if (index < 256) bytes.push(short, index);
    else {
      bytes.push(long);
      fourBytes(index);
    }
  };
  const remember = () => indexed(put, longPut, remembered++);
  const once = (key: string, write: () => void) => {
    const known = memo.get(key);
    if (known !== undefined) return indexed(get, longGet, known);
    write();
    memo.set(key, remembered);
    remember();
  };

  return {
    op: (...opcodes) => void bytes.push(...opcodes),
    text: (value) =>
      once(`text ${value}`, () => {
        const utf8 = new TextEncoder().encode(value);
        bytes.push(unicode);
        fourBytes(utf8.length);
        for (const byte of utf8) bytes.push(byte);
      }),
    integer(value) {
      if (value < 256) bytes.push(int1, value);
      else if (value < 65_536) bytes.push(int2, value & 255, value >> 8);
      else {
        bytes.push(int4);
        fourBytes(value);
      }
    },
    global: (module, name) =>
      once(`global ${module} ${name}`, () => {
        bytes.push(globalName, ...new TextEncoder().encode(`${module}\n${name}\n`));
      }),
    tuple(writeItems) {
      const { length } = writeItems;
      if (length === 0) return void bytes.push(pickleOp.emptyTuple);
      if (length > 3) bytes.push(pickleOp.mark);
      for (const writeItem of writeItems) writeItem();
      bytes.push(length > 3 ? tupleOfMarked : tuple1 + length - 1);
      remember();
    },
    remember,
    finish: () => Uint8Array.from([...bytes, stop]),
  };
}
