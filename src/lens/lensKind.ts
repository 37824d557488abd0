import type { LensInfo } from "./reading";

/** How a sentence writes a kind of lens: `the Jacobian lens`. */
export const lensKindName: Readonly<Record<LensInfo["kind"], string>> = {
  logit: "logit",
  tuned: "tuned",
  jacobian: "Jacobian",
};
