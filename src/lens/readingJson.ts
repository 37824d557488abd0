import type { Reading, ReadingBackend, StatisticName } from "./reading";

/** Who computed a reading, as its file says. */
export type App = { readonly name: string; readonly version: string };

export type TopTokenJson = {
  readonly id: number;
  readonly text: string;
  readonly logProb: number | null;
  readonly finalLogProb: number | null;
};

/** `[row][position]`; null where a value does not exist, as in all of a row without a lens. */
export type StatisticJson = readonly (readonly (number | null)[])[];

/** A reading as the file `midthought-reading/1`; `midthought.read()` returns it too. */
export type ReadingJson = {
  readonly format: "midthought-reading/1";
  readonly app: App & { readonly backend: ReadingBackend };
  readonly model: Reading["model"];
  readonly lens: Reading["lens"];
  readonly prompt: string | null;
  readonly tokens: readonly { readonly id: number; readonly text: string }[];
  readonly targets: readonly (number | null)[];
  readonly rows: Reading["rows"];
  readonly unit: "nats";
  readonly statistics: Readonly<Record<StatisticName, StatisticJson>>;
  /** `[row][position]`, likeliest first; an empty list where there is no lens. */
  readonly topK: readonly (readonly (readonly TopTokenJson[])[])[];
};

/** Rounded to 5 significant digits; null where there is no number. Adding 0 makes −0 plain. */
const toFiveDigits = (x: number) => (Number.isFinite(x) ? Number(x.toPrecision(5)) + 0 : null);

/** Rounded to 4 decimals; null where there is no number. */
const toFourDecimals = (x: number) => (Number.isFinite(x) ? Math.round(x * 1e4) / 1e4 + 0 : null);

const strayBytes = /[\uDC80-\uDCFF]+/gu;
const loneSurrogates = /\p{Surrogate}/gu;
const utf8 = new TextDecoder();

/**
 * A token's text as files hold it: bytes that are no whole character, which a reading keeps as
 * `U+DC00 + byte` (as in Python's PEP 383), become what a UTF-8 decoder makes of them, U+FFFD.
 */
export const wellFormed = (text: string) =>
  text
    .replace(strayBytes, (run) => utf8.decode(Uint8Array.from(run, (c) => c.charCodeAt(0) & 0xff)))
    .replace(loneSurrogates, "\uFFFD");

/** The reading as JSON: numbers to 5 significant digits, log-probabilities to 4 decimals. */
export function toJson(reading: Reading, app: App): ReadingJson {
  const { tokens, rows, topK, texts } = reading;
  const positions = tokens.map((_, position) => position);
  const table = <T>(cell: (at: number) => T) =>
    rows.map((_, row) => positions.map((position) => cell(row * positions.length + position)));

  const written = new Map(Array.from(texts, ([id, text]) => [id, wellFormed(text)]));
  const likeliest = (at: number): TopTokenJson[] =>
    Array.from({ length: topK.k }, (_, rank) => at * topK.k + rank)
      .filter((entry) => !Number.isNaN(topK.logProbs[entry]))
      .map((entry) => ({
        id: topK.ids[entry],
        text: written.get(topK.ids[entry]) ?? "",
        logProb: toFourDecimals(topK.logProbs[entry]),
        finalLogProb: toFourDecimals(topK.finalLogProbs[entry]),
      }));
  const statistic = (name: StatisticName) => {
    const values = reading.statistics[name];
    const round = name === "finalTopLogProb" ? toFourDecimals : toFiveDigits;
    return table((at) => round(values[at]));
  };

  return {
    format: "midthought-reading/1",
    app: { name: app.name, version: app.version, backend: reading.backend },
    model: { ...reading.model },
    lens: { ...reading.lens },
    prompt: reading.prompt,
    tokens: tokens.map(({ id, text }) => ({ id, text: wellFormed(text) })),
    targets: [...reading.targets],
    rows: [...rows],
    unit: "nats",
    statistics: {
      entropy: statistic("entropy"),
      klFromFinal: statistic("klFromFinal"),
      maxProb: statistic("maxProb"),
      crossEntropy: statistic("crossEntropy"),
      rank: statistic("rank"),
      finalTopLogProb: statistic("finalTopLogProb"),
    },
    topK: table(likeliest),
  };
}

/**
 * What Export → JSON saves: an array of readings of one prompt, the lens in use first, then the
 * logit lens where that is another. `parseReadings` reads it back.
 */
export const exportReadings = (readings: readonly Reading[], app: App): string =>
  JSON.stringify(readings.map((reading) => toJson(reading, app)));
