import { threeDigits } from "./numbers";

/** A tick of an axis, at a value in the axis's own measure. */
export type AxisTick = { readonly value: number; readonly label: string };

/**
 * Layers that an axis names: every 1st, 2nd, 4th …, and always the last, which no other comes near.
 *
 * @param most how many fit
 */
export function layerTicks(last: number, most: number): number[] {
  let step = 1;
  while (last / step > most) step *= 2;
  const even = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return [...even.filter((layer) => last - layer >= step * 0.75), last];
}

/**
 * Ticks of a √ axis that ends at so many nats, at even distances: squares in nats, and squares of a
 * round step in any other unit. The end always has one, which no other comes near.
 *
 * @param perNat what a nat is in the unit
 */
export function rootTicks(nats: number, perNat: number): AxisTick[] {
  const end = Math.sqrt(nats * perNat);
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2, 5].find((s) => end / s <= 7) ?? 10;
  const even = Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step);
  return [
    ...even
      .filter((root) => end - root >= step * 0.75)
      .map((root) => ({
        value: root ** 2 / perNat,
        label: String(Number((root ** 2).toFixed(4))),
      })),
    { value: nats, label: String(Number(threeDigits(nats * perNat))) },
  ];
}

const minute = 60;
const hour = 3600;
const timeUnits = [
  { name: "seconds", inSeconds: 1, steps: [1, 2, 5, 10, 20, 30], until: 3 * minute },
  { name: "minutes", inSeconds: minute, steps: [1, 2, 5, 10, 15, 30], until: 3 * hour },
  { name: "hours", inSeconds: hour, steps: [1, 2, 4, 6, 12, 24], until: Number.POSITIVE_INFINITY },
];

/** Ticks of an axis of time, at most seven, in the unit that suits it. */
export function timeTicks(seconds: number): { readonly name: string; readonly ticks: AxisTick[] } {
  const { name, inSeconds, steps } = timeUnits.find(({ until }) => seconds <= until)!;
  const all = seconds / inSeconds;
  const step = steps.find((s) => all / s <= 6) ?? Math.ceil(all / 6);
  const ticks = Array.from({ length: Math.floor(all / step) + 1 }, (_, i) => ({
    value: i * step * inSeconds,
    label: String(i * step),
  }));
  return { name, ticks };
}
