import "./allocations";

import { createDrop } from "./createDrop";
import { openDropped } from "./openDropped";
import { type Limits, limits, type OpenFiles, type Result, runDrop } from "./runDrop";
import type { Seed } from "./seeds";
import { createTally } from "./tally";
import { startWatchdog } from "./watchdog";

/** A campaign ends at so many drops that went wrong. */
const maxFailures = 20;

type Options = {
  readonly seed: number;
  readonly count: number;
  /** Asked before each drop: the campaign ends where it is false. */
  readonly isTimeLeft?: () => boolean;
  readonly open?: OpenFiles;
  readonly limits?: Limits;
  readonly onResult?: (result: Result) => void;
};

/**
 * Opens `count` drops of mutated files, the same ones for the same seed.
 *
 * @returns a line for each that went wrong, and what to say of all
 */
export async function fuzz(
  seeds: readonly Seed[],
  { seed, count, isTimeLeft, open = openDropped, limits: allowed = limits, onResult }: Options,
): Promise<{ readonly failures: readonly string[]; readonly lines: readonly string[] }> {
  const tally = createTally();
  const failures: string[] = [];
  const watchdog = startWatchdog(seed);
  try {
    for (let index = 0; index < count && failures.length < maxFailures; ++index) {
      if (isTimeLeft && !isTimeLeft()) break;
      watchdog.at(index);
      const result = await runDrop(await createDrop(seeds, seed, index), index, open, allowed);
      tally.add(result);
      onResult?.(result);
      if (result.problems.length > 0) failures.push(failureOf(result, seed));
    }
  } finally {
    watchdog.stop();
  }
  return { failures, lines: tally.lines() };
}

/** Says how to do it again. */
export const failureOf = ({ seed: { format, name }, index, problems }: Result, seed: number) =>
  `FUZZ_ONLY=${seed}:${index} npm run fuzz (${format}, ${name}): ${problems.join("; ")}`;
