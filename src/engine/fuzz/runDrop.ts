import { getHeapStatistics } from "node:v8";

import type { NamedBlob } from "../protocol";
import { type Allocations, counted, startCounting } from "./allocations";
import type { Drop } from "./createDrop";
import type { Outcome, Target } from "./openDropped";
import { cleanPrototypes } from "./prototypes";
import { faultOf } from "./sentence";

export type OpenFiles = (
  files: readonly NamedBlob[],
  target: Target,
) => Promise<readonly Outcome[]>;

/** What no file may take. */
export type Limits = {
  readonly ms: number;
  /**
   * Of a typed array in one piece: so much beyond twice the files' size, or beyond the model's own lens,
   * whichever is more.
   */
  readonly slackBytes: number;
  /** By which the heap may grow while files are opened: what is in no typed array is there. */
  readonly heapBytes: number;
};

/** How one drop went. `problems` should be none. */
export type Result = Drop & {
  readonly index: number;
  readonly outcomes: readonly Outcome[];
  readonly problems: readonly string[];
  readonly elapsedMs: number;
  readonly allocations: Allocations;
  readonly heapBytes: number;
  /** Of the typed array in one piece. */
  readonly limitBytes: number;
};

export const limits: Limits = { ms: 2000, slackBytes: 2 ** 16, heapBytes: 2 ** 26 };

/** Formats that take more, by the bytes that tell them. */
const moreSlack: readonly (readonly [string, number])[] = [
  // What fflate sets aside for the largest bomb of `mutateZip`: it doubles. It would be 34 MB at most.
  ["PK\u0003\u0004", 2 ** 23],
  // The chunks that a header is read in: one, and one ahead.
  ["GGUF", 4_000_000],
];

/** Opens one drop and says what is wrong with how that went. */
export async function runDrop(
  { seed, files }: Drop,
  index: number,
  open: OpenFiles,
  { ms, slackBytes, heapBytes: maxHeapBytes }: Limits,
): Promise<Result> {
  const fileBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const { nLayers, dModel } = seed.model.config;
  const input = files.map(({ bytes }) => Buffer.from(bytes).toString("latin1")).join("");
  const slack = moreSlack.reduce(
    (sum, [magic, more]) => (input.includes(magic) ? sum + more : sum),
    slackBytes,
  );
  const limitBytes = Math.max(2 * fileBytes, 8 * nLayers * dModel * (dModel + 1)) + slack;
  const problems: string[] = [];
  const stray = (error: unknown) => problems.push(`rejects beside: ${wordsOf(error)}`);
  process.on("unhandledRejection", stray);

  const once = async () => {
    const blobs = files.map(({ name, bytes }) => ({ name, blob: new Blob([bytes as BlobPart]) }));
    const heapBefore = getHeapStatistics().used_heap_size;
    const start = performance.now();
    startCounting();
    let outcomes: readonly Outcome[] = [];
    try {
      outcomes = await open(blobs, seed);
    } catch (error) {
      problems.push(`throws ${wordsOf(error)}`);
    }
    const allocations = counted();
    const elapsedMs = performance.now() - start;
    const heapBytes = Math.max(0, getHeapStatistics().used_heap_size - heapBefore);
    return { outcomes, allocations, elapsedMs, heapBytes };
  };
  let result = await once();
  // A busy machine is slow once.
  if (result.elapsedMs > ms && problems.length === 0) result = await once();
  process.off("unhandledRejection", stray);

  const { outcomes, allocations, elapsedMs, heapBytes } = result;
  if (elapsedMs > ms) problems.push(`takes ${Math.round(elapsedMs)} ms`);
  if (allocations.largest > limitBytes) {
    problems.push(
      `allocates ${allocations.largest} bytes of ${limitBytes} for ${fileBytes}: ${allocations.stack}`,
    );
  }
  if (heapBytes > maxHeapBytes) problems.push(`takes ${heapBytes} bytes of the heap`);
  if (outcomes.length === 0 && problems.length === 0 && files.length > 0) {
    problems.push("says nothing of any file");
  }
  for (const outcome of outcomes) {
    for (const message of sentencesOf(outcome)) {
      const fault = faultOf(message, input);
      if (fault) problems.push(`says ${JSON.stringify(message).slice(0, 1500)}, which ${fault}`);
    }
  }
  problems.push(...cleanPrototypes());
  return { seed, files, index, outcomes, problems, elapsedMs, allocations, heapBytes, limitBytes };
}

function sentencesOf(outcome: Outcome): readonly unknown[] {
  if (outcome.status === "refused") return [outcome.message];
  return outcome.status === "opened" ? outcome.sentences : [];
}

const wordsOf = (error: unknown) =>
  error instanceof Error ? (error.stack ?? `${error}`) : `something that is no error: ${error}`;
