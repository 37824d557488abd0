import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { PickleGlobal } from "./pickleMachine";
import { TorchTensor } from "./torchTensor";

/** Dicts within dicts; PyTorch's own loader takes 100,000 and more. */
const maxDepth = 100;

const maxPathLength = 256;

const maxPaths = 100_000;

/**
 * The tensors and the plain values of nested dicts and lists, by dotted path: `{"J": {3: tensor}}` has
 * `J.3`. A list of plain values is one value. What is neither (bytes, storages by themselves) is left out.
 *
 * @param pickleBytes the size of what `root` was read from, which bounds what it may unfold to
 * @throws FormatError if `root` has no parts, is nested too deeply, unfolds to more than it was read
 * from, or has two things at one path
 */
export function flattenTree(root: unknown, pickleBytes: number) {
  const tensors = new Map<string, TorchTensor>();
  const metadata = new Map<string, unknown>();
  const put = <T>(values: Map<string, T>, path: string, value: T) => {
    if (tensors.has(path) || metadata.has(path)) {
      throw new FormatError(`The file holds two things by the name ${printable(path)}.`);
    }
    if (tensors.size + metadata.size === maxPaths) {
      throw new FormatError(`The file holds more than ${maxPaths} things, which no lens does.`);
    }
    values.set(path, value);
  };

  // A value takes a byte of the pickle at least, and is looked at twice at most, unless a list or dict
  // is in many places: a few dozen bytes can nest such lists so that they unfold to billions.
  let left = 2 * pickleBytes;
  const look = (values: number) => {
    left -= values;
    if (left < 0) {
      throw new FormatError("The file's lists and dicts unfold to far more than it holds.");
    }
  };

  const visit = (
    parent: ReadonlyMap<unknown, unknown> | readonly unknown[],
    prefix: string,
    depth: number,
  ) => {
    if (depth > maxDepth) {
      throw new FormatError(`The file's dicts are nested more than ${maxDepth} deep.`);
    }
    for (const [key, value] of parent.entries()) {
      look(1);
      const path = `${prefix}${key}`;
      if (path.length > maxPathLength) {
        throw new FormatError(`The file holds a name that is too long: ${printable(path)}.`);
      }
      if (value instanceof TorchTensor) put(tensors, path, value);
      else if (value instanceof PickleGlobal) put(metadata, path, value.name);
      else if (isPlain(value)) put(metadata, path, value);
      else if (value instanceof Map) visit(value, `${path}.`, depth + 1);
      else if (Array.isArray(value)) {
        look(value.length);
        if (value.every(isPlain)) put(metadata, path, value);
        else visit(value, `${path}.`, depth + 1);
      }
    }
  };
  if (!(root instanceof Map) && !Array.isArray(root)) {
    throw new FormatError(
      'The file holds no dict of tensors by name. In Python, save one: torch.save(lens.state_dict(), "params.pt").',
    );
  }
  visit(root, "", 1);
  return { tensors, metadata };
}

const isPlain = (value: unknown) =>
  value === null || ["number", "bigint", "string", "boolean"].includes(typeof value);
