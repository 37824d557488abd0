import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { elementCount, type TensorInfo } from "./tensorFile";

/** What a `.npy` array says of itself before its data. */
export type NpyHeader = TensorInfo & {
  /** Whether its first index is the one that changes fastest, as in Fortran. */
  readonly isFortran: boolean;
  /** Where its data begins, in bytes. */
  readonly dataStart: number;
};

type Value = string | boolean | readonly number[];

/** The bound that numpy sets on a header that it does not trust. */
const maxHeaderBytes = 10_000;

/** As many as numpy knew until 2.0; no lens has more than 2. */
const maxDimensions = 32;

/** Floats of either byte order that is ours: little-endian, or the writer's own. */
const floats = /^[<=|]?f([248])$/;

/** A key of the header and what it says: a string, a boolean, a tuple, or the start of a list. */
const pair =
  /\s*(['"])(?<key>\w+)\1\s*:\s*(?:(['"])(?<text>[^'"\\]*)\3|(?<flag>True|False)|\((?<tuple>[^()]*)\)|(?<list>\[))\s*/y;

/**
 * The header of a `.npy` array, of version 1, 2 or 3.
 *
 * It is a Python dict, of which the three keys that it has to have are understood and nothing else
 * (numpy `numpy/lib/format.py`). Its dtype is `F16`, `F32` or `F64` where it is read here, and what numpy
 * calls it where not.
 *
 * @param name the array's, for the message
 * @param read the array's first bytes, as many as asked for, or all where there are fewer
 * @throws FormatError if there is no such header
 */
export async function readNpyHeader(
  name: string,
  read: (bytes: number) => Promise<Uint8Array>,
): Promise<NpyHeader> {
  let bytes = await read(1024); // most headers have 128
  const { start, end, charset } = findHeader(name, bytes);
  if (bytes.length < end) bytes = await read(end);
  if (bytes.length < end) throw damaged(name, "its header does not end");

  const text = new TextDecoder(charset).decode(bytes.subarray(start, end));
  const values = readDict(name, text);
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => values.get(key));
  if (
    values.size !== 3 ||
    typeof descr !== "string" ||
    typeof order !== "boolean" ||
    typeof shape !== "object"
  ) {
    throw damaged(name, "its header does not say descr, fortran_order and shape, and those only");
  }
  if (shape.length > maxDimensions || Number.isNaN(elementCount(shape))) {
    throw damaged(name, "its shape is none that an array can have");
  }
  const float = floats.exec(descr);
  if (!float && !/^[<>=|].{0,40}$/.test(descr)) {
    throw damaged(name, `numpy has no dtype ${printable(descr)}`);
  }
  return {
    dtype: float ? `F${8 * Number(float[1])}` : descr,
    shape,
    isFortran: order,
    dataStart: end,
  };
}

/** Where the dict lies, from the magic, the version and the length before it. */
function findHeader(name: string, bytes: Uint8Array) {
  const isNpy = String.fromCharCode(...bytes.subarray(0, 6)) === "\x93NUMPY";
  if (!isNpy || bytes.length < 12) throw new FormatError(`${printable(name)} is no .npy array.`);
  const version = bytes[6];
  if (version < 1 || version > 3) {
    throw new FormatError(
      `${printable(name)} is a .npy array of version ${version}; 1, 2 and 3 are read here.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderBytes) {
    throw damaged(name, `its header would have ${length} bytes, and numpy reads ${maxHeaderBytes}`);
  }
  return { start, end: start + length, charset: version === 3 ? "utf-8" : "latin1" };
}

function readDict(name: string, header: string): ReadonlyMap<string, Value> {
  const unlike = () => damaged(name, "its header is not one that numpy writes");
  const inner = /^\s*\{(.*)\}\s*$/s.exec(header)?.[1];
  if (inner === undefined) throw unlike();
  const values = new Map<string, Value>();
  for (let at = 0; inner.slice(at).trim() !== ""; at = pair.lastIndex + 1) {
    pair.lastIndex = at;
    const groups = pair.exec(inner)?.groups;
    if (!groups) throw unlike();
    const { key, text, flag, tuple, list } = groups;
    if (list) {
      throw new FormatError(
        `${printable(name)} has records of several fields, which are not read here. Save each field as an array.`,
      );
    }
    const value = text ?? (flag ? flag === "True" : readTuple(tuple));
    const isSeparate = pair.lastIndex === inner.length || inner[pair.lastIndex] === ",";
    if (value === null || !isSeparate || values.has(key)) throw unlike();
    values.set(key, value);
  }
  return values;
}

/** What is between the parentheses of a tuple of counts; null where it is something else. */
function readTuple(text: string): readonly number[] | null {
  const items = text.split(",").map((item) => item.trim());
  if (items.at(-1) === "") items.pop();
  else if (items.length === 1) return null; // `(3)` is a number
  return items.every((item) => /^\d+$/.test(item)) ? items.map(Number) : null;
}

const damaged = (name: string, how: string) =>
  new FormatError(`${printable(name)} is damaged: ${how}.`);
