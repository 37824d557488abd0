/** Seconds that the parts of a training take on this machine; null until one has been seen. */
export type Pace = {
  /** A position of the closed form: forward, and its moments. */
  readonly position: number | null;
  /** A layer of the closed form. */
  readonly solve: number | null;
  /** A sequence that steps are taken on. */
  readonly forward: number | null;
  /** A step, without that. */
  readonly step: number | null;
  /** A held-out position, all trained layers. */
  readonly heldOut: number | null;
};

export const unknownPace: Pace = {
  position: null,
  solve: null,
  forward: null,
  step: null,
  heldOut: null,
};

/** Of the newest, so that it follows a machine that grows warm. */
const weightOfNewest = 0.2;

/** A pace that has seen `seconds` of one more. */
export function seen(pace: Pace, part: keyof Pace, seconds: number): Pace {
  const before = pace[part];
  const after = before === null ? seconds : before + weightOfNewest * (seconds - before);
  return { ...pace, [part]: after };
}

/** What is to do, in the units of a pace. */
export type Work = { readonly [Part in keyof Pace]: number };

export const noWork: Work = { position: 0, solve: 0, forward: 0, step: 0, heldOut: 0 };

/** @param sequences that are run for a step */
export const stepWork = (steps: number, sequences: number): Work => ({
  ...noWork,
  forward: steps * sequences,
  step: steps,
});

/** Seconds that work takes; null where some of it has not been seen. */
export function secondsOf(pace: Pace, work: Work): number | null {
  let seconds = 0;
  for (const part of ["position", "solve", "forward", "step", "heldOut"] as const) {
    if (work[part] === 0) continue;
    const each = pace[part];
    if (each === null) return null;
    seconds += work[part] * each;
  }
  return seconds;
}
