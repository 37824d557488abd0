import type { ShownStatistic, Unit } from "../lens/view";
import { commas, natsOrBits, probability } from "./numbers";

/** From here on all KL and cross entropies look alike, in nats. */
export const clampNats = 25;

export type Tick = {
  /** In what the statistic is in: nats where it has a unit. */
  readonly value: number;
  readonly label: string;
};

/** How a statistic is drawn and said: the same for every lens, prompt and theme, so that two compare. */
export type StatisticScale = {
  /** As the legend calls it. */
  readonly name: string;
  /** As a cell's accessible name calls it. */
  readonly short: string;
  /** What the legend says under the name. */
  readonly note: string;
  readonly hasUnit: boolean;
  /** Whether values past the scale's end are drawn as its end. */
  readonly isClamped: boolean;
  /** 0 is the scale's start, 1 its end; past the clamp it goes on. More ink is more. */
  place(value: number): number;
  ticks(unit: Unit): readonly Tick[];
  /** Without its unit. */
  format(value: number, unit: Unit): string;
};

const root = {
  hasUnit: true,
  isClamped: true,
  // KL is locally a squared distance, so its root is the even ruler.
  place: (value: number) => Math.sqrt(Math.max(value, 0) / clampNats),
  // Squares, at even distances. 25 nats are 36.07 bits: colours stay where they are.
  ticks: (unit: Unit) => inUnit(unit, [0, 1, 4, 9, 16, 25], [0, 1, 4, 9, 16, 25, 36]),
  format: natsOrBits,
};

/** @param vocab how many tokens the model has */
export function statisticScale(statistic: ShownStatistic, vocab: number): StatisticScale {
  const uniform = Math.log(vocab);
  switch (statistic) {
    case "klFromFinal":
      return { ...root, name: "KL(final ‖ lens)", short: "KL", note: "√ scale · 0 = the model" };
    case "crossEntropy":
      return {
        ...root,
        name: "Cross entropy",
        short: "cross entropy",
        note: "√ scale · of the next token",
      };
    case "entropy":
      return {
        name: "Entropy",
        short: "entropy",
        note: "of the lens",
        hasUnit: true,
        isClamped: false,
        place: (value) => Math.max(value, 0) / uniform,
        ticks: (unit) =>
          inUnit(unit, [0, 2, 4, 6, 8, 10], [0, 3, 6, 9, 12, 15]).filter(
            ({ value }) => value <= uniform,
          ),
        format: natsOrBits,
      };
    case "rank":
      return {
        name: "Rank of next token",
        short: "rank",
        note: "logarithmic, 1 is likeliest",
        hasUnit: false,
        isClamped: false,
        place: (value) => Math.log(Math.max(value, 1)) / uniform,
        ticks: () =>
          [1, 10, 100, 1_000, 10_000, 100_000]
            .filter((value) => value <= vocab)
            .map((value) => ({
              value,
              label: value >= 1000 ? `${value / 1000}k` : String(value),
            })),
        format: commas,
      };
    case "maxProb":
      return {
        name: "Max probability",
        short: "max probability",
        note: "of the lens",
        hasUnit: false,
        isClamped: false,
        place: (value) => value,
        ticks: () => [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: String(value) })),
        format: probability,
      };
  }
}

/** The scale's name with the unit that it is in: `Entropy, bits`. */
export const nameWithUnit = ({ name, hasUnit }: StatisticScale, unit: Unit) =>
  hasUnit ? `${name}, ${unit}` : name;

function inUnit(unit: Unit, nats: readonly number[], bits: readonly number[]): Tick[] {
  return unit === "nats"
    ? nats.map((value) => ({ value, label: String(value) }))
    : bits.map((value) => ({ value: value * Math.LN2, label: String(value) }));
}
