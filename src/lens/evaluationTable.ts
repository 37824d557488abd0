import type { Interval } from "../math/bootstrap";
import type { Row } from "./backend";

/** What a table has of an evaluation, which is `engine/trainingProtocol.ts`'s; in nats a position, but for the share of agreement. */
type Tabled = {
  /** Bits a byte for each nat a position. */
  readonly bitsPerByte: number;
  readonly lenses: readonly {
    readonly name: string;
    readonly kind: string;
    readonly rows: readonly ({ readonly row: Row } & Readonly<Record<Statistic, Interval>>)[];
  }[];
  readonly transfer: {
    readonly lens: string;
    /** `[i][j]`: translator `j` on `h_i`. */
    readonly klFromFinal: readonly (readonly number[])[];
  } | null;
};

const statistics = ["klFromFinal", "crossEntropy", "entropy", "agreement"] as const;
type Statistic = (typeof statistics)[number];

const head = [
  "lens",
  "kind",
  "row",
  "translator",
  "statistic",
  "mean",
  "low",
  "high",
  "bitsPerByte",
];

/**
 * An evaluation as CSV (RFC 4180), a number with its interval a line: of a lens, a row and a statistic.
 * `translator` is the layer whose translator read the row, where that is another's: the layer-transfer
 * matrix. What is not known is an empty field.
 */
export function evaluationCsv({ bitsPerByte, lenses, transfer }: Tabled): string {
  const lines: string[][] = [head];
  const add = (place: readonly (string | number)[], statistic: Statistic, interval: Interval) => {
    const { mean, low, high } = interval;
    const bits = statistic === "agreement" ? Number.NaN : mean * bitsPerByte;
    lines.push([...place.map(field), statistic, ...[mean, low, high, bits].map(number)]);
  };
  for (const { name, kind, rows } of lenses)
    for (const row of rows)
      for (const statistic of statistics)
        add([name, kind, row.row, row.row === "output" ? "" : row.row], statistic, row[statistic]);
  const kind = lenses.find(({ name }) => name === transfer?.lens)?.kind ?? "";
  for (const [row, columns] of transfer?.klFromFinal.entries() ?? [])
    for (const [translator, mean] of columns.entries()) {
      // Without an interval; the diagonal is of other positions than the rows above.
      const place = [transfer!.lens, kind, row, translator];
      add(place, "klFromFinal", { mean, low: Number.NaN, high: Number.NaN });
    }
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

/** An evaluation as the file `midthought-evaluation/1`; a number that is not known is null. */
export const evaluationJson = (evaluation: Tabled): string =>
  `${JSON.stringify({ format: "midthought-evaluation/1", unit: "nats", ...evaluation }, null, 1)}\n`;

const number = (x: number) => (Number.isFinite(x) ? `${Number(x.toPrecision(6)) + 0}` : "");

/** Spreadsheets take what begins with these for a formula, and run it: a name from a stranger's file. */
const formula = /^[=+\-@\t\r]/;

function field(value: string | number): string {
  if (typeof value === "number") return `${value}`;
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
