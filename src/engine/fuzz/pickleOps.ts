/** One instruction of a pickle: its opcode, and the bytes that follow it, lengths and newlines among them. */
export type PickleOp = { readonly code: number; readonly rest: Uint8Array };

/** What follows an opcode: so many bytes, so many lines, or a length of so many bytes and as many bytes. */
type Rest = { readonly bytes?: number; readonly lines?: number; readonly length?: number };

const groups: readonly (readonly [string, Rest])[] = [
  ["(012N\x88\x89)\x85\x86\x87t]lae}dsu\x93RbQ.\x94o\x81\x92\x8f\x90\x91\x97\x98", { bytes: 0 }],
  ["\x80qhK\x82", { bytes: 1 }],
  ["M\x83", { bytes: 2 }],
  ["rjJ\x84", { bytes: 4 }],
  ["\x95G", { bytes: 8 }],
  ["pgILFSVP", { lines: 1 }],
  ["ci", { lines: 2 }],
  ["U\x8cC\x8a", { length: 1 }],
  ["TXB\x8b", { length: 4 }],
  ["\x8d\x8e\x96", { length: 8 }],
];

const rests: ReadonlyMap<number, Rest> = new Map(
  groups.flatMap(([codes, rest]) =>
    Array.from(codes, (code) => [code.charCodeAt(0), rest] as const),
  ),
);

/** Every opcode that there is. */
export const opcodes: readonly number[] = [...rests.keys()];

/** How what follows an opcode is laid out; nothing for a byte that is none. */
export const restOf = (code: number): Rest | undefined => rests.get(code);

/** The instructions of `pickles` pickles at the start of a file, and what comes after; null where they are none. */
export function readOps(bytes: Uint8Array, pickles: number) {
  const ops: PickleOp[] = [];
  let at = 0;
  for (let left = pickles; left > 0; ) {
    const code = bytes[at];
    const rest = rests.get(code);
    if (!rest) return null;
    const end = endOf(bytes, at + 1, rest);
    if (end > bytes.length) return null;
    ops.push({ code, rest: bytes.subarray(at + 1, end) });
    at = end;
    if (code === 0x2e) --left;
  }
  return { ops, tail: bytes.subarray(at) };
}

function endOf(bytes: Uint8Array, at: number, { bytes: count = 0, lines = 0, length = 0 }: Rest) {
  let end = at + count;
  for (let line = 0; line < lines; ++line) {
    const newline = bytes.indexOf(10, end);
    if (newline === -1) return Number.POSITIVE_INFINITY;
    end = newline + 1;
  }
  if (length > 0) {
    let size = 0;
    for (let i = length - 1; i >= 0; --i) size = 256 * size + bytes[at + i];
    end = at + length + size;
  }
  return end;
}

/** The file of these instructions. There may be 100,000 of them, so that they are not joined as arrays. */
export function writeOps(ops: readonly PickleOp[], tail: Uint8Array): Uint8Array {
  const size = ops.reduce((sum, { rest }) => sum + 1 + rest.length, tail.length);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { code, rest } of ops) {
    bytes[at++] = code;
    bytes.set(rest, at);
    at += rest.length;
  }
  bytes.set(tail, at);
  return bytes;
}
