import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { damagedPickle, PickleBytes } from "./pickleBytes";

/** What a pickle may push on its stack altogether; a whole model's weights stay below a tenth. */
const maxItems = 1_000_000;

/** A list or dict counts as so many items: it takes that much more memory than a number. */
const containerItems = 10;

/** Makes a value from what a pickle would have called a function of Python's with. */
export type PickleCall = (args: readonly unknown[]) => unknown;

/** A name of Python's that a pickle used and the whitelist knows. There is nothing behind it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** Null where a pickle may name it, as it names types, and not call it. */
    readonly call: PickleCall | null,
  ) {}
}

export type PickleOptions = {
  /** What a pickle may name, by module and name with a dot between; null for what it may not call. */
  readonly globals: ReadonlyMap<string, PickleCall | null>;
  /** What a pickle refers to that is not in it; without this, nothing may be. */
  readonly load?: (id: unknown) => unknown;
};

/** The stack and memo that a pickle's opcodes work on, and the bounds of both. */
export class PickleMachine {
  readonly bytes: PickleBytes;
  readonly #options: PickleOptions;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #items = 0;

  constructor(bytes: Uint8Array, start: number, options: PickleOptions) {
    this.bytes = new PickleBytes(bytes, start);
    this.#options = options;
  }

  push(value: unknown): void {
    this.#spend(1);
    this.#stack.push(value);
  }

  pushContainer(value: readonly unknown[] | ReadonlyMap<unknown, unknown>): void {
    this.#spend(containerItems);
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) {
      throw damagedPickle("it takes from an empty stack");
    }
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#spend(1);
    this.#marks.push(this.#stack.length);
  }

  /** All that was pushed since the last mark. */
  popMark(): unknown[] {
    const start = this.#marks.pop();
    if (start === undefined) throw damagedPickle("it goes back to a mark that it did not set");
    return this.#stack.splice(start);
  }

  popMany(count: number): unknown[] {
    const values = Array.from({ length: count }, () => this.pop());
    return values.reverse();
  }

  /** Undoes the last push or mark. */
  undo(): void {
    if (this.#marks.length > 0 && this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  /** The top of the stack gets a number in the memo, the next one unless it is given. */
  remember(id: number | bigint = this.#memo.size): void {
    if (typeof id === "bigint" || id < 0) throw damagedPickle("its memo has a number below 0");
    this.#spend(1);
    this.#memo.set(id, this.top());
  }

  recall(id: number | bigint): void {
    if (typeof id === "bigint" || !this.#memo.has(id)) {
      throw damagedPickle(`it uses the value ${id} of its memo before it is there`);
    }
    this.push(this.#memo.get(id));
  }

  /** What follows `values` on the stack: a list that takes them. */
  append(values: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw damagedPickle("it appends to something other than a list");
    for (const value of values) list.push(value);
  }

  /** What follows `pairs` on the stack: a dict that takes them, a key and a value in turn. */
  setItems(pairs: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw damagedPickle("it sets a key of something other than a dict");
    fillDict(dict, pairs);
  }

  /** Only a name of the whitelist becomes a value; nothing is looked up anywhere else. */
  pushGlobal(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw damagedPickle("it asks for something of Python's without a name");
    }
    const path = `${module}.${name}`;
    const call = this.#options.globals.get(path);
    if (call === undefined) {
      throw new FormatError(
        `This file asks Python for ${printable(path)}, which no lens needs: nothing was run, and the file is refused. Save the tensors alone, as torch.save(lens.state_dict(), "params.pt") does.`,
      );
    }
    this.push(new PickleGlobal(path, call));
  }

  call(): void {
    const args = this.pop();
    const global = this.pop();
    if (!(global instanceof PickleGlobal) || !Array.isArray(args)) {
      throw damagedPickle("it calls something that is no function");
    }
    if (!global.call) throw damagedPickle(`it calls ${global.name}, which is no function`);
    this.#spend(containerItems);
    this.#stack.push(global.call(args));
  }

  load(id: unknown): void {
    if (!this.#options.load) throw damagedPickle("it refers to data that is not in it");
    this.#spend(containerItems);
    this.#stack.push(this.#options.load(id));
  }

  /** An ordered dict's own attributes, which no tensor depends on, are left out. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) {
      throw damagedPickle("it gives attributes to something other than a dict");
    }
  }

  /** What the pickle made, once it says that it ends. */
  result(): unknown {
    const value = this.pop();
    if (this.#stack.length > 0) throw damagedPickle("it ends before its values are complete");
    return value;
  }

  #spend(items: number): void {
    this.#items += items;
    if (this.#items > maxItems) {
      throw new FormatError(
        `The file's pickle holds more than ${maxItems} values, which no lens does.`,
      );
    }
  }
}

export function fillDict(dict: Map<unknown, unknown>, pairs: readonly unknown[]) {
  if (pairs.length % 2 !== 0) throw damagedPickle("a dict in it has a key without a value");
  for (let i = 0; i < pairs.length; i += 2) {
    const key = pairs[i];
    if (typeof key !== "string" && typeof key !== "bigint" && !Number.isInteger(key)) {
      throw new FormatError(
        "A dict in the file's pickle has a key that is neither text nor a whole number.",
      );
    }
    if (dict.has(key)) throw damagedPickle(`a dict in it has the key ${printable(`${key}`)} twice`);
    dict.set(key, pairs[i + 1]);
  }
  return dict;
}
