/** `numpy.get_printoptions()`, which nobody changes before hashing. */
const threshold = 1000;
const edgeItems = 3;
const lineWidth = 75;

/**
 * `numpy.array_str(matrix, precision=1)` of a float32 matrix, to the character: numbers rounded to one digit after the
 * point, all in one notation and of one width, and of more than 1,000 only the three at each edge of
 * each dimension (numpy 2.4 `_core/arrayprint.py`; before 2.3 the exponents began at 1e8 and not at 1e6).
 *
 * @param matrix `[rows, columns]`, row-major
 */
export function numpyText(matrix: Float32Array, rows: number, columns: number): string {
  if (matrix.length === 0) return "[]";
  const isSummarised = matrix.length > threshold;
  const shownRows = shown(rows, isSummarised);
  const shownColumns = shown(columns, isSummarised);
  const numbers = shownRows.map((row) =>
    shownColumns.map((column) =>
      row === "..." || column === "..." ? "..." : matrix[row * columns + column],
    ),
  );
  const format = formatOf(numbers.flat().filter((x) => x !== "..."));
  const lines = numbers.map((row, i) =>
    shownRows[i] === "..." ? " ..." : rowText(row.map((x) => (x === "..." ? x : format(x)))),
  );
  return `[${lines.join("\n").slice(1)}]`;
}

/** Indices along a dimension. */
function shown(size: number, isSummarised: boolean): (number | "...")[] {
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  if (!isSummarised || size <= 2 * edgeItems) return all(0, size);
  return [...all(0, edgeItems), "...", ...all(size - edgeItems, size)];
}

/** Broken where the next word, and the bracket after it, would not fit. */
function rowText(words: readonly string[]): string {
  const indent = "  ";
  let text = "";
  let line = indent;
  for (const [i, word] of words.entries()) {
    if (line.length + word.length > lineWidth - 2 && line.length > indent.length) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += i < words.length - 1 ? `${word} ` : word;
  }
  return ` [${(text + line).slice(indent.length)}]`;
}

/** How each of these numbers is written where they are printed together. */
function formatOf(numbers: readonly number[]): (x: number) => string {
  const finite = numbers.filter(Number.isFinite);
  const format = hasExponents(finite) ? exponential(finite) : positional(finite);
  if (finite.length === numbers.length) return format.text;

  const words = numbers.some((x) => x === -Infinity) ? 4 : 3;
  const width = Math.max(format.width, words);
  return (x) => {
    if (Number.isFinite(x)) return format.text(x).padStart(width);
    return (Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf").padStart(width);
  };
}

function hasExponents(finite: readonly number[]): boolean {
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  if (sizes.length === 0) return false;
  const max = Math.max(...sizes);
  const min = Math.min(...sizes);
  return max >= 1e6 || min < Math.fround(1e-4) || Math.fround(max / min) > 1000;
}

/** `-0.3`, `12. `: a zero after the point is left out, and a blank stands for it. */
function positional(finite: readonly number[]) {
  const parts = (x: number) => {
    const [whole, fraction] = round(x, 1, "toFixed").split(".");
    return { whole, fraction: fraction === "0" ? "" : fraction };
  };
  const left = Math.max(0, ...finite.map((x) => parts(x).whole.length));
  const right = Math.max(0, ...finite.map((x) => parts(x).fraction.length));
  return {
    width: left + 1 + right,
    text(x: number) {
      const { whole, fraction } = parts(x);
      return `${whole.padStart(left)}.${fraction.padEnd(right)}`;
    },
  };
}

/** `1.2e-05`; `1.e-05` where no number needs the digit. */
function exponential(finite: readonly number[]) {
  const needsDigit = (x: number) => {
    if (Math.fround(Number(x.toExponential(0))) === x) return false; // one digit says which float32 it is
    return !round(x, 1, "toExponential").includes(".0e");
  };
  const digits = finite.some(needsDigit) ? 1 : 0;
  const text = (x: number) => {
    const [number, exponent] = round(x, digits, "toExponential").split("e");
    const [whole, fraction = ""] = number.split(".");
    const sign = exponent[0];
    return `${whole}.${fraction}e${sign}${exponent.slice(1).padStart(2, "0")}`;
  };
  const width = Math.max(...finite.map((x) => text(x).length));
  return { width, text: (x: number) => text(x).padStart(width) };
}

/** As JavaScript rounds a number's exact value, but ties to an even digit, and −0 with its sign. */
function round(x: number, digits: 0 | 1, as: "toFixed" | "toExponential"): string {
  const size = Math.abs(x);
  const [mantissa, exponent] = size[as](digits).split("e");
  const [exact] = size[as](100).split("e");
  const after = exact.slice(exact.indexOf(".") + 1 + digits);
  // JavaScript rounds a tie up: where that made the digit odd, the even one is below it.
  const last = Number(mantissa.at(-1));
  const isOddTie = last % 2 === 1 && /^50*$/.test(after);
  const even = isOddTie ? mantissa.slice(0, -1) + (last - 1) : mantissa;
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  return sign + even + (exponent === undefined ? "" : `e${exponent}`);
}
