import type { CSSProperties } from "react";

/** From here on all KL look alike; a uniform guess over 49,152 tokens is never further off than 10.8. */
const clampNats = 25;
const steps = 500;

/** Where white text begins to keep 4.5:1 and black no longer does, in stops of the scale. */
const whiteFromInLight = 2.995;
const blackFromInDark = 3.05;

/** One color of the scale, and black or white upon it. The stops are `--scale-0` to `--scale-5`. */
function tint(step: number): CSSProperties {
  const at = (step / steps) * 5;
  const stop = Math.min(4, Math.floor(at));
  const share = Math.round((at - stop) * 100);
  return {
    backgroundColor: `color-mix(in lab, var(--scale-${stop}), var(--scale-${stop + 1}) ${share}%)`,
    color: `light-dark(${at < whiteFromInLight ? "#000" : "#fff"}, ${at < blackFromInDark ? "#fff" : "#000"})`,
  };
}

const tints = Array.from({ length: steps + 1 }, (_, step) => tint(step));

/** The colors of a cell with this KL in nats; on a root scale, since KL is locally a squared distance. */
export const klTint = (kl: number) =>
  tints[Math.round(Math.sqrt(Math.min(Math.max(kl, 0), clampNats) / clampNats) * steps)];
