import type { Unit } from "../lens/view";

/** A probability to 3 decimals; `<0.001` below 0.0005. */
export const probability = (p: number) => (p < 0.0005 ? "<0.001" : Math.min(p, 1).toFixed(3));

/** To 2 decimals, 1 from 10, none from 100. */
export const threeDigits = (x: number) => x.toFixed(x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2);

/** A number of nats in the unit that is wanted, without its name. */
export const natsOrBits = (nats: number, unit: Unit) =>
  threeDigits(unit === "bits" ? nats / Math.LN2 : nats);

const english = new Intl.NumberFormat("en-US");

/** With commas between thousands. */
export const commas = (n: number) => english.format(n);

/** Decimal megabytes, to 1 decimal, without the unit. */
export const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Whole seconds in words, from a minute on with minutes. */
export function seconds(s: number) {
  const whole = Math.max(1, Math.round(s));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A count with its noun, in the plural unless it is one. */
export const count = (n: number, noun: string) => `${commas(n)} ${noun}${n === 1 ? "" : "s"}`;
