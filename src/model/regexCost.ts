/** Ways that a loop can end in a text of a thousand characters, in bits. */
const loopBits = 10;

/** Of a count of repetitions that has hundreds of digits. */
const mostTimes = 1e9;

/** A part of an expression; ways through it are in bits. */
type Part = {
  /** Of what something follows that may not match: then the next way is tried. */
  tried: number;
  /** Of the rest, of which the first way is taken unless something follows. */
  open: number;
  /** Whether there are texts that it does not match. */
  canFail: boolean;
};

/** What is between two parentheses, as far as it is read. */
type Group = {
  isLookaround: boolean;
  /** The alternatives so far, and the one that is being read without its last part. */
  alternatives: Part[];
  before: Part;
  /** What a quantifier may follow. */
  last: Part;
};

const quantifier = /([*+?])[+?]?|\{(?:(\d+)(,?)(\d*)|,(\d+))\}\??/y;
const groupStart = /\((\?(<?[=!]|[a-z-]*:|>|<\w+>))?/y;

/**
 * About how many ways through a regular expression are tried from each character of a text of a thousand,
 * in bits, where none matches in the end. A loop at the end of an alternative takes the first way, whatever
 * it is; one before something that may not match tries a way a character, and two of them the square of
 * that. Infinite where what is in a loop is not always of one length or not always the same, as in `(a+)+`:
 * then they are exponential in the text.
 *
 * The dialect is that of tokenizer.json, Oniguruma's.
 */
export function regexCost(pattern: string): number {
  const groups: Group[] = [newGroup(false)];
  for (let at = 0; at < pattern.length; ) {
    const group = groups[groups.length - 1];
    const character = pattern[at];
    quantifier.lastIndex = at;
    groupStart.lastIndex = at;
    const repeated = quantifier.exec(pattern);
    const started = groupStart.exec(pattern);
    if (repeated) {
      at = quantifier.lastIndex;
      group.last = repeat(group.last, repeated);
    } else if (started) {
      at = groupStart.lastIndex;
      groups.push(newGroup(/^\(\?<?[=!]$/.test(started[0])));
    } else if (character === "|") {
      ++at;
      endAlternative(group);
    } else if (character === ")" && groups.length > 1) {
      ++at;
      groups.pop();
      add(groups[groups.length - 1], whole(group));
    } else {
      at = character === "[" ? classEnd(pattern, at) : at + (character === "\\" ? 2 : 1);
      add(group, { tried: 0, open: 0, canFail: true });
    }
  }
  return groups.map(whole).reduce(follow).tried;
}

const nothing: Part = { tried: 0, open: 0, canFail: false };

const newGroup = (isLookaround: boolean): Group => ({
  isLookaround,
  alternatives: [],
  before: nothing,
  last: nothing,
});

function add(group: Group, part: Part): void {
  group.before = follow(group.before, group.last);
  group.last = part;
}

/** One part and then another. */
function follow(a: Part, b: Part): Part {
  const canFail = a.canFail || b.canFail;
  if (b.canFail) return { tried: a.tried + a.open + b.tried, open: b.open, canFail };
  // What is in b is tried once, until something follows.
  const tried = Math.max(a.tried, b.tried);
  return { tried, open: a.open + b.open + Math.min(a.tried, b.tried), canFail };
}

function endAlternative(group: Group): void {
  add(group, nothing);
  group.alternatives.push(group.before);
  group.before = nothing;
}

/** A group that has ended, as a part of the one around it. */
function whole(group: Group): Part {
  endAlternative(group);
  const { alternatives, isLookaround } = group;
  return {
    tried: Math.log2(alternatives.reduce((ways, { tried }) => ways + 2 ** tried, 0)),
    open: alternatives.reduce((most, { open }) => Math.max(most, open), 0),
    canFail: isLookaround || alternatives.every((part) => part.canFail),
  };
}

function repeat(part: Part, [, sign, least, comma, most, upTo]: RegExpExecArray): Part {
  if (sign === "?") return { ...part, open: part.open + 1, canFail: false };
  if (sign || (comma && !most)) {
    const isSteady = part.tried + part.open === 0;
    const canFail = part.canFail && (sign === "+" || Number(least ?? 0) > 0);
    return { tried: isSteady ? 0 : Number.POSITIVE_INFINITY, open: loopBits, canFail };
  }
  const times = Math.min(mostTimes, Number(upTo ?? (comma ? most : least)));
  if (times === 0) return nothing;
  const fewest = Math.min(mostTimes, Number(least ?? 0));
  const ways = Math.min(loopBits, Math.log2(Math.max(1, 1 + times - fewest)));
  const again = part.canFail ? part.open * (times - 1) : 0;
  return {
    tried: part.tried * times + again,
    open: part.open * times - again + ways,
    canFail: part.canFail && fewest > 0,
  };
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
