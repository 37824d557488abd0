import type { TensorInfo } from "./tensorFile";

/** Named tensors of a file that stays where it is: nothing of it is in memory but what is being read. */
export type TensorSource = {
  /**
   * What the file says beside its tensors, by dotted path: numbers, bigints, strings, booleans, null,
   * and arrays of them.
   */
  readonly metadata: ReadonlyMap<string, unknown>;
  /** Every tensor in the file, by dotted path, those of a dtype that is not read among them. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * All elements as float32, row-major, in an array of its own.
   *
   * @throws FormatError if there is no such tensor, its dtype is not read here, or its bytes are damaged
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
};
