import { commas } from "../chart/numbers";
import { shortened } from "./shortened";

/** What a field takes. */
export type NumberTaken = {
  readonly isWhole: boolean;
  /** `Number.MIN_VALUE`: above 0. */
  readonly min: number;
  readonly max: number;
  readonly mayBeEmpty: boolean;
};

/** As the page writes them itself. */
const grouped = /^\d{1,3}(,\d{3})+$/;

/**
 * The number that is typed, whole ones with commas between thousands or without; null where nothing is.
 *
 * @returns undefined where that is not taken
 */
export function numberFrom(text: string, taken: NumberTaken): number | null | undefined {
  const { isWhole, min, max, mayBeEmpty } = taken;
  const words = text.trim();
  if (words === "") return mayBeEmpty ? null : undefined;
  const x = Number(isWhole && grouped.test(words) ? words.replaceAll(",", "") : words);
  const isNumber = isWhole ? Number.isSafeInteger(x) : Number.isFinite(x);
  return isNumber && x >= min && x <= max ? x : undefined;
}

/** Why what is typed is not taken: `“1,5” is not a whole number from 1.` */
export function numberRefusal(text: string, { isWhole, min, max }: NumberTaken): string {
  const kind = isWhole ? "a whole number" : "a number";
  const wanted = Number.isFinite(max)
    ? `${kind} from ${commas(min)} to ${commas(max)}`
    : min === Number.MIN_VALUE
      ? `${kind} above 0`
      : `${kind} from ${commas(min)}`;
  const words = text.trim();
  if (words === "") return `It takes ${wanted}.`;
  const point = !isWhole && words.includes(",") ? ": its decimals have a point" : "";
  return `“${shortened(words)}” is not ${wanted}${point}.`;
}
