import { FormatError } from "../errors";
import { damagedPickle } from "./pickleBytes";
import { fillDict, PickleMachine, type PickleOptions } from "./pickleMachine";
import { floatOf, integerOf, unescapeUnicode, unquote } from "./pickleText";

type Run = (machine: PickleMachine) => void;

/** Every opcode by its byte: its name, and what it does unless it is refused. */
const opcodes: ReadonlyMap<string, readonly [name: string, run?: Run]> = new Map<
  string,
  [string, Run?]
>([
  ["\x80", ["PROTO", checkProtocol]],
  ["\x95", ["FRAME", (m) => m.bytes.u64()]], // how much to read ahead: the bytes are all here

  ["(", ["MARK", (m) => m.mark()]],
  ["0", ["POP", (m) => m.undo()]],
  ["1", ["POP_MARK", (m) => m.popMark()]],
  ["2", ["DUP", (m) => m.push(m.top())]],
  ["p", ["PUT", (m) => m.remember(integerOf(m.bytes.line()))]],
  ["q", ["BINPUT", (m) => m.remember(m.bytes.u8())]],
  ["r", ["LONG_BINPUT", (m) => m.remember(m.bytes.u32())]],
  ["\x94", ["MEMOIZE", (m) => m.remember()]],
  ["g", ["GET", (m) => m.recall(integerOf(m.bytes.line()))]],
  ["h", ["BINGET", (m) => m.recall(m.bytes.u8())]],
  ["j", ["LONG_BINGET", (m) => m.recall(m.bytes.u32())]],

  ["N", ["NONE", (m) => m.push(null)]],
  ["\x88", ["NEWTRUE", (m) => m.push(true)]],
  ["\x89", ["NEWFALSE", (m) => m.push(false)]],
  ["I", ["INT", pushInt]],
  ["J", ["BININT", (m) => m.push(m.bytes.i32())]],
  ["K", ["BININT1", (m) => m.push(m.bytes.u8())]],
  ["M", ["BININT2", (m) => m.push(m.bytes.u16())]],
  ["L", ["LONG", (m) => m.push(integerOf(m.bytes.line()))]],
  ["\x8a", ["LONG1", (m) => m.push(m.bytes.integer(m.bytes.u8()))]],
  ["\x8b", ["LONG4", (m) => m.push(m.bytes.integer(m.bytes.u32()))]],
  ["F", ["FLOAT", (m) => m.push(floatOf(m.bytes.line()))]],
  ["G", ["BINFLOAT", (m) => m.push(m.bytes.f64())]],
  ["S", ["STRING", (m) => m.push(unquote(m.bytes.line()))]],
  ["U", ["SHORT_BINSTRING", (m) => m.push(m.bytes.latin1(m.bytes.u8()))]],
  ["T", ["BINSTRING", (m) => m.push(m.bytes.latin1(m.bytes.u32()))]],
  ["V", ["UNICODE", (m) => m.push(unescapeUnicode(m.bytes.line()))]],
  ["\x8c", ["SHORT_BINUNICODE", (m) => m.push(m.bytes.utf8(m.bytes.u8()))]],
  ["X", ["BINUNICODE", (m) => m.push(m.bytes.utf8(m.bytes.u32()))]],
  ["\x8d", ["BINUNICODE8", (m) => m.push(m.bytes.utf8(m.bytes.u64()))]],
  ["C", ["SHORT_BINBYTES", (m) => m.push(m.bytes.take(m.bytes.u8()))]],
  ["B", ["BINBYTES", (m) => m.push(m.bytes.take(m.bytes.u32()))]],
  ["\x8e", ["BINBYTES8", (m) => m.push(m.bytes.take(m.bytes.u64()))]],

  [")", ["EMPTY_TUPLE", (m) => m.pushContainer([])]],
  ["\x85", ["TUPLE1", (m) => m.pushContainer(m.popMany(1))]],
  ["\x86", ["TUPLE2", (m) => m.pushContainer(m.popMany(2))]],
  ["\x87", ["TUPLE3", (m) => m.pushContainer(m.popMany(3))]],
  ["t", ["TUPLE", (m) => m.pushContainer(m.popMark())]],
  ["]", ["EMPTY_LIST", (m) => m.pushContainer([])]],
  ["l", ["LIST", (m) => m.pushContainer(m.popMark())]],
  ["a", ["APPEND", (m) => m.append(m.popMany(1))]],
  ["e", ["APPENDS", (m) => m.append(m.popMark())]],
  ["}", ["EMPTY_DICT", (m) => m.pushContainer(new Map())]],
  ["d", ["DICT", (m) => m.pushContainer(fillDict(new Map(), m.popMark()))]],
  ["s", ["SETITEM", (m) => m.setItems(m.popMany(2))]],
  ["u", ["SETITEMS", (m) => m.setItems(m.popMark())]],

  ["c", ["GLOBAL", (m) => m.pushGlobal(m.bytes.line(), m.bytes.line())]],
  ["\x93", ["STACK_GLOBAL", (m) => m.pushGlobal(...(m.popMany(2) as [unknown, unknown]))]],
  ["R", ["REDUCE", (m) => m.call()]],
  ["b", ["BUILD", (m) => m.build()]],
  ["P", ["PERSID", (m) => m.load(m.bytes.line())]],
  ["Q", ["BINPERSID", (m) => m.load(m.pop())]],

  // Instances of classes, sets, and buffers outside the pickle: no file of tensors needs them.
  ["i", ["INST"]],
  ["o", ["OBJ"]],
  ["\x81", ["NEWOBJ"]],
  ["\x92", ["NEWOBJ_EX"]],
  ["\x82", ["EXT1"]],
  ["\x83", ["EXT2"]],
  ["\x84", ["EXT4"]],
  ["\x8f", ["EMPTY_SET"]],
  ["\x90", ["ADDITEMS"]],
  ["\x91", ["FROZENSET"]],
  ["\x96", ["BYTEARRAY8"]],
  ["\x97", ["NEXT_BUFFER"]],
  ["\x98", ["READONLY_BUFFER"]],
]);

/**
 * The value that a pickle makes, and where it ends: an interpreter of its opcodes that runs nothing.
 *
 * Dicts are Maps with texts and whole numbers as keys, lists and tuples arrays, texts of either kind
 * strings, bytes Uint8Arrays, integers numbers where they fit and bigints where not. Names of Python's
 * are PickleGlobals, and what calls make is up to `globals`. Lists and dicts may hold each other, and
 * themselves: whoever walks through them has to count.
 *
 * Opcodes: CPython `Lib/pickletools.py`, protocols 0 to 5.
 *
 * @param start where in `bytes` the pickle begins
 * @throws FormatError if it is damaged, has too many values, or asks for what is not in `globals`
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  options: PickleOptions,
): { value: unknown; end: number } {
  const machine = new PickleMachine(bytes, start, options);
  for (;;) {
    const code = machine.bytes.u8();
    if (code === stop) return { value: machine.result(), end: machine.bytes.at };
    const [name, run] = opcodes.get(String.fromCharCode(code)) ?? [];
    if (name === undefined) {
      throw damagedPickle(`0x${code.toString(16).padStart(2, "0")} is none of its opcodes`);
    }
    if (!run) {
      throw new FormatError(
        `The file's pickle uses ${name}, which no lens needs: the file is refused. Save the tensors alone, as torch.save(lens.state_dict(), "params.pt") does.`,
      );
    }
    run(machine);
  }
}

const stop = ".".charCodeAt(0);

function checkProtocol(machine: PickleMachine): void {
  const protocol = machine.bytes.u8();
  if (protocol > 5) {
    throw new FormatError(`The file's pickle has protocol ${protocol}; 0 to 5 are read here.`);
  }
}

/** What Python 2.2 and older knew as booleans. */
function pushInt(machine: PickleMachine): void {
  const text = machine.bytes.line();
  if (text === "00" || text === "01") machine.push(text === "01");
  else machine.push(integerOf(text));
}
