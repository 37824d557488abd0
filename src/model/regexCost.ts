/** Ways that a loop can end in a text of some thirty characters, in bits. */
const loopBits = 5;

/** A part of an expression between its parentheses, as far as it is read; ways through it are in bits. */
type Group = {
  /** Of its alternatives so far, the one that has most. */
  most: number;
  alternatives: number;
  /** Of the alternative that is being read, without its last part, which a quantifier may follow. */
  before: number;
  last: number;
};

const quantifier = /([*+?])[+?]?|\{(?:(\d+)(,?)(\d*)|,(\d+))\}\??/y;
const groupStart = /\((\?(<?[=!]|[a-z-]*:|>|<\w+>))?/y;

/**
 * About how many ways there are through a regular expression for a short text, in bits: where nothing
 * matches in the end, as many are tried. Infinite where what is in a loop is not always of one length or
 * not always the same, as in `(a+)+`: then they are exponential in the text.
 *
 * The dialect is that of tokenizer.json, Oniguruma's.
 */
export function regexCost(pattern: string): number {
  const groups: Group[] = [newGroup()];
  for (let at = 0; at < pattern.length; ) {
    const group = groups[groups.length - 1];
    const character = pattern[at];
    quantifier.lastIndex = at;
    groupStart.lastIndex = at;
    const repeated = quantifier.exec(pattern);
    if (repeated) {
      at = quantifier.lastIndex;
      group.last = repeatedBits(group.last, repeated);
    } else if (groupStart.test(pattern)) {
      at = groupStart.lastIndex;
      groups.push(newGroup());
    } else if (character === "|") {
      ++at;
      group.most = Math.max(group.most, group.before + group.last);
      ++group.alternatives;
      group.before = 0;
      group.last = 0;
    } else if (character === ")" && groups.length > 1) {
      ++at;
      groups.pop();
      add(groups[groups.length - 1], bitsOf(group));
    } else {
      at = character === "[" ? classEnd(pattern, at) : at + (character === "\\" ? 2 : 1);
      add(group, 0);
    }
  }
  return bitsOf(groups[0]);
}

const newGroup = (): Group => ({ most: 0, alternatives: 1, before: 0, last: 0 });

function add(group: Group, bits: number): void {
  group.before += group.last;
  group.last = bits;
}

const bitsOf = ({ most, alternatives, before, last }: Group) =>
  Math.max(most, before + last) + Math.log2(alternatives);

/** Of a part of so many bits that is repeated. */
function repeatedBits(bits: number, [, sign, least, comma, most, upTo]: RegExpExecArray): number {
  if (sign === "?") return bits + 1;
  if (sign || (comma && !most)) return bits > 0 ? Number.POSITIVE_INFINITY : loopBits;
  const times = Number(upTo ?? (comma ? most : least));
  const ways = 1 + times - Number(least ?? 0);
  return times === 0 ? 0 : times * bits + Math.min(loopBits, Math.log2(Math.max(1, ways)));
}

/** Where the class that begins at a bracket ends, with the classes in it. */
function classEnd(pattern: string, start: number): number {
  let depth = 0;
  for (let at = start; at < pattern.length; ++at) {
    if (pattern[at] === "\\") ++at;
    else if (pattern[at] === "[") {
      ++depth;
      if (pattern[at + 1] === "^") ++at;
      if (pattern[at + 1] === "]") ++at; // stands for itself at the start
    } else if (pattern[at] === "]" && --depth === 0) return at + 1;
  }
  return pattern.length;
}
