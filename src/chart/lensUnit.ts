import { threeDigits } from "./numbers";

/** In what the Train tab says its divergences; bits per byte compare between tokenizers. */
export const lensUnits = ["nats", "bits per byte"] as const;
export type LensUnit = (typeof lensUnits)[number];

/** How a mean over positions is written. */
export type UnitScale = {
  readonly unit: LensUnit;
  /** Bits a byte for each nat a position. */
  readonly bitsPerByte: number;
};

/** What a nat is in the unit. */
export const perNat = ({ unit, bitsPerByte }: UnitScale) => (unit === "nats" ? 1 : bitsPerByte);

/** A number of nats a position in the unit that is wanted, without its name. */
export const inUnit = (nats: number, scale: UnitScale) => threeDigits(nats * perNat(scale));
