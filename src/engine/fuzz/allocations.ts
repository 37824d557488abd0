/**
 * Counts what is asked for in typed arrays, buffers and blobs, from the moment that this module is
 * imported: whoever keeps a constructor for later, as fflate does, has to be imported after it.
 *
 * Seen: constructors (`from`, `of`, `slice`, `map` and `subarray` go through them), `resize` and `transfer`
 * of buffers, blobs that are made, and what blobs and responses are read into. Not seen: strings, plain
 * arrays, Maps, and what the engine allocates by itself, as in `TextDecoder`, `JSON.parse` or the native
 * hashes; for these a campaign looks at the heap.
 */
export type Allocations = {
  /** The largest in one piece, in bytes, whether or not it was given. */
  readonly largest: number;
  /** Where that was asked for. */
  readonly stack: string;
  /** Of all that was asked for, much of which is long gone. */
  readonly total: number;
};

let largest = 0;
let stack = "";
let total = 0;

function note(bytes: number): void {
  total += bytes;
  if (bytes <= largest) return;
  largest = bytes;
  stack = bytes > 2 ** 20 ? (new Error().stack ?? "") : "";
}

/** Begins anew. */
export function startCounting(): void {
  largest = 0;
  stack = "";
  total = 0;
}

export const counted = (): Allocations => ({ largest, stack, total });

type Constructor = new (...args: never[]) => object;

/** Tells `bytesOf` the arguments of each construction. */
function watch(name: string, bytesOf: (args: readonly unknown[]) => number): void {
  const holder = globalThis as unknown as Record<string, Constructor>;
  const original = holder[name];
  const watched: Constructor = new Proxy(original, {
    construct(target, args, newTarget) {
      note(bytesOf(args));
      return Reflect.construct(target, args, newTarget === watched ? target : newTarget);
    },
  });
  holder[name] = watched;
  // `slice` and its like ask an array for its constructor.
  original.prototype.constructor = watched;
}

/** What a method of an object's class takes, by its arguments, or by what comes of it. */
function watchMethod(
  owner: object,
  name: string,
  before: ((args: readonly unknown[]) => number) | null,
  after: ((result: unknown) => number) | null = null,
): void {
  const prototype = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = prototype[name];
  if (!original) return;
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]) {
      if (before) note(before(args));
      const result = original.apply(this, args);
      if (!after) return result;
      return (result as Promise<unknown>).then((made) => {
        note(after(made));
        return made;
      });
    },
  });
}

const lengthOf = (value: unknown): number => {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return 0;
  return "length" in value && typeof value.length === "number" ? value.length : 0;
};

const typedArrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
for (const { name, BYTES_PER_ELEMENT } of typedArrays) {
  watch(name, ([first]) => BYTES_PER_ELEMENT * lengthOf(first));
}
// Of one that can grow, what it begins with: the rest is but an address.
watch("ArrayBuffer", ([bytes]) => Number(bytes ?? 0));
watch("SharedArrayBuffer", ([bytes]) => Number(bytes ?? 0));
watchMethod(ArrayBuffer.prototype, "resize", ([bytes]) => Number(bytes));
watchMethod(ArrayBuffer.prototype, "transfer", ([bytes]) => Number(bytes ?? 0));

type Part = { readonly byteLength?: number; readonly size?: number; readonly length?: number };
watch("Blob", ([parts]) =>
  ((parts ?? []) as readonly Part[]).reduce(
    (sum, { byteLength, size, length }) => sum + (byteLength ?? size ?? length ?? 0),
    0,
  ),
);
const byteLength = (buffer: unknown) => (buffer as ArrayBuffer).byteLength;
watchMethod(Blob.prototype, "arrayBuffer", null, byteLength);
watchMethod(Blob.prototype, "text", null, (text) => (text as string).length);
watchMethod(Response.prototype, "arrayBuffer", null, byteLength);
