import { FormatError } from "../errors";

/** What LONG1 can hold; LONG4 could ask for an integer of 2 GB. */
const maxIntegerBytes = 255;

/** Of a number, a name, or a text in protocol 0, whose escapes take far more memory while they are read. */
const maxLineBytes = 1 << 16;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a pickle's opcodes are followed by, from `at` on. Every read is checked against the end. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(
    bytes: Uint8Array,
    public at: number,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = () => this.#view.getUint8(this.#skip(1));
  u16 = () => this.#view.getUint16(this.#skip(2), true);
  i32 = () => this.#view.getInt32(this.#skip(4), true);
  u32 = () => this.#view.getUint32(this.#skip(4), true);
  /** Past 2^53 it is rounded, and then more than any file has. */
  u64 = () => Number(this.#view.getBigUint64(this.#skip(8), true));
  /** Big-endian, as nothing else in a pickle. */
  f64 = () => this.#view.getFloat64(this.#skip(8), false);

  take(count: number): Uint8Array {
    const start = this.#skip(count);
    return this.#bytes.subarray(start, start + count);
  }

  utf8(count: number): string {
    const bytes = this.take(count);
    try {
      return utf8.decode(bytes);
    } catch {
      throw damagedPickle("a text in it is not UTF-8");
    }
  }

  /** A byte a character: what Python 2 wrote. */
  latin1 = (count: number) => latin1(this.take(count));

  /** Up to a newline, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end === -1) throw truncatedPickle();
    if (end - this.at > maxLineBytes) {
      throw damagedPickle(`a line of it has ${end - this.at} bytes`);
    }
    const text = this.latin1(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** Two's complement, little-endian. */
  integer(count: number): number | bigint {
    if (count > maxIntegerBytes) throw damagedPickle(`a number in it has ${count} bytes`);
    const words = new BigUint64Array(Math.ceil(count / 8));
    new Uint8Array(words.buffer).set(this.take(count));
    // 64 bits at a time: a file can hold a lot of integers.
    const value = words.reduceRight((higher, word) => (higher << 64n) | word, 0n);
    return asNumber(BigInt.asIntN(8 * count, value));
  }

  #skip(count: number): number {
    const start = this.at;
    if (count > this.#bytes.length - start) throw truncatedPickle();
    this.at = start + count;
    return start;
  }
}

export const damagedPickle = (problem: string) =>
  new FormatError(`The file's pickle is damaged: ${problem}.`);

const truncatedPickle = () =>
  new FormatError("The file's pickle is truncated: it goes on past the end of its bytes.");

/** A number where it fits, so that what counts things counts in numbers. */
export const asNumber = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** TextDecoder's latin1 is windows-1252, which differs from 0x80 to 0x9f. */
function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  }
  return parts.join("");
}
