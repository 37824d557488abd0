import "./allocations";

import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { createDrop } from "./createDrop";
import { failureOf, fuzz } from "./fuzz";
import { openDropped } from "./openDropped";
import { limits, runDrop } from "./runDrop";
import { readSeeds } from "./seeds";

const defaultMs = 180_000;
const saidEveryMs = 10_000;

/**
 * `npm run fuzz`: for three minutes, or as many drops as the argument says, from the seed `FUZZ_SEED`.
 * `FUZZ_ONLY=seed:index` is one drop alone, whose files are written out.
 *
 * @returns whether all went well
 */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<boolean> {
  const only = /^(-?\d+):(\d+)$/.exec(env.FUZZ_ONLY ?? "");
  if (only) return runOnly(Number(only[1]), Number(only[2]), say);

  const count = Number(args[0] ?? Number.POSITIVE_INFINITY);
  if (!(count > 0)) throw new Error(`${args[0]} is no number of drops`);
  const seed = Number(env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  say(`FUZZ_SEED=${seed}`);
  const seeds = await readSeeds();
  const start = Date.now();
  let said = start;
  const { failures, lines } = await fuzz(seeds, {
    seed,
    count,
    isTimeLeft: () => args.length > 0 || Date.now() - start < defaultMs,
    onResult({ index }) {
      if (Date.now() - said < saidEveryMs) return;
      said = Date.now();
      say(`${index + 1} drops in ${Math.round((said - start) / 1000)} s`);
    },
  });
  for (const line of [...lines, ...failures]) say(line);
  return failures.length === 0;
}

async function runOnly(seed: number, index: number, say: (line: string) => void) {
  const folder = join(tmpdir(), `midthought-fuzz-${seed}-${index}`);
  const drop = await createDrop(await readSeeds(), seed, index);
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of drop.files) writeFileSync(join(folder, basename(name)), bytes);
  say(`The files are in ${folder}`);
  const result = await runDrop(drop, index, openDropped, limits);
  say(JSON.stringify(result.outcomes, null, 2));
  say(`${Math.round(result.elapsedMs)} ms, ${result.allocations.largest} bytes in one piece`);
  if (result.problems.length > 0) say(failureOf(result, seed));
  return result.problems.length === 0;
}
