import { createPickleWriter, pickleOp } from "../../format/pickleWriter";
import { zipOf } from "../../format/zipTesting";
import type { Dice } from "./dice";

/** How a tensor is kept: in which storage of how many numbers, where it begins, and how it steps. */
type Stored = {
  readonly key: string;
  readonly count: number;
  readonly offset?: number;
  readonly strides?: readonly number[];
};

type Options = {
  readonly type: keyof typeof itemBytes;
  readonly isParameter?: boolean;
  readonly stored: (name: string, shape: readonly number[]) => Stored;
};

const itemBytes = { HalfStorage: 2, BFloat16Storage: 2, FloatStorage: 4, DoubleStorage: 8 };

/** Ways of keeping a lens that torch has and `TunedLens.save` does not use, by what is odd about each. */
export function torchVariants(nLayers: number, width: number, dice: Dice): Map<string, Uint8Array> {
  const names = Array.from({ length: nLayers }, (_, i) => [`${i}.weight`, `${i}.bias`]).flat();
  const shapeOf = (name: string) => (name.endsWith("weight") ? [width, width] : [width]);
  const tensors = new Map(names.map((name) => [name, shapeOf(name)]));
  const sizes = [...tensors.values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  const all = sizes.reduce((a, b) => a + b, 0);

  const own: Options["stored"] = (name, shape) => ({
    key: `${names.indexOf(name)}`,
    count: shape.reduce((a, b) => a * b, 1),
  });
  const shared: Options["stored"] = (name, shape) => ({
    key: "0",
    count: all,
    offset: sizes.slice(0, names.indexOf(name)).reduce((a, b) => a + b, 0),
    strides: shape.length === 2 ? [1, width] : [1],
  });
  const expanded: Options["stored"] = (_, shape) => ({
    key: "0",
    count: 1,
    strides: shape.map(() => 0),
  });
  const save = (options: Options) => torchZip(tensors, options, dice);
  return new Map([
    ["half", save({ type: "HalfStorage", stored: own })],
    ["bfloat16", save({ type: "BFloat16Storage", stored: own })],
    ["double", save({ type: "DoubleStorage", stored: own })],
    ["views", save({ type: "FloatStorage", stored: shared })],
    ["expanded", save({ type: "FloatStorage", stored: expanded })],
    ["parameters", save({ type: "FloatStorage", stored: own, isParameter: true })],
  ]);
}

function torchZip(
  tensors: ReadonlyMap<string, readonly number[]>,
  { type, isParameter = false, stored }: Options,
  dice: Dice,
): Uint8Array {
  const pickle = createPickleWriter();
  const { op, text, integer, tuple } = pickle;
  const storages = new Map<string, Uint8Array>();
  const integers = (values: readonly number[]) =>
    tuple(values.map((value) => () => integer(value)));
  const emptyDictionary = () => {
    pickle.global("collections", "OrderedDict");
    op(pickleOp.emptyTuple, pickleOp.reduce);
    pickle.remember();
  };
  const tensor = (name: string, shape: readonly number[]) => {
    const {
      key,
      count,
      offset = 0,
      strides = shape.length === 2 ? [shape[1], 1] : [1],
    } = stored(name, shape);
    if (!storages.has(key)) storages.set(key, numbers(type, count, dice));
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    tuple([
      () => {
        tuple([
          () => text("storage"),
          () => pickle.global("torch", type),
          () => text(key),
          () => text("cuda:0"),
          () => integer(count),
        ]);
        op(pickleOp.persistentId);
      },
      () => integer(offset),
      () => integers(shape),
      () => integers(strides),
      () => op(pickleOp.newFalse),
      emptyDictionary,
    ]);
    op(pickleOp.reduce);
  };

  emptyDictionary();
  op(pickleOp.mark);
  for (const [name, shape] of tensors) {
    text(name);
    if (!isParameter) tensor(name, shape);
    else {
      pickle.global("torch._utils", "_rebuild_parameter");
      tuple([() => tensor(name, shape), () => op(pickleOp.newFalse), emptyDictionary]);
      op(pickleOp.reduce);
    }
  }
  op(pickleOp.setItems);
  return zipOf([
    { name: "params/data.pkl", data: pickle.finish() },
    { name: "params/byteorder", data: new TextEncoder().encode("little") },
    ...Array.from(storages, ([key, data]) => ({ name: `params/data/${key}`, data })),
    { name: "params/version", data: new TextEncoder().encode("3\n") },
  ]);
}

/** Between 0.1 and 2 in every type: its upper byte is that of such numbers, the others are random. */
function numbers(type: Options["type"], count: number, dice: Dice): Uint8Array {
  const upper = {
    HalfStorage: 0x30,
    BFloat16Storage: 0x3e,
    FloatStorage: 0x3e,
    DoubleStorage: 0x3f,
  };
  const size = itemBytes[type];
  return Uint8Array.from({ length: count * size }, (_, i) =>
    i % size === size - 1 ? upper[type] : dice.below(type === "DoubleStorage" ? 0xe0 : 256),
  );
}
