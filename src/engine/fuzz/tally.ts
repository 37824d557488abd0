import type { Result } from "./runDrop";

type Counts = Map<string, number>;

/** What a campaign came to, told in lines. */
export function createTally() {
  /** Drops by format, and how what was in them ended. */
  const formats = new Map<string, Counts>();
  let files = 0;
  let slowest: Result | null = null;
  let largest: Result | null = null;
  let busiest: Result | null = null;
  let heaviest: Result | null = null;

  const count = (counts: Counts, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    add(result: Result): void {
      ++files;
      const { format } = result.seed;
      const counts = formats.get(format) ?? new Map();
      formats.set(format, counts);
      count(counts, "drops");
      for (const outcome of result.outcomes) {
        if (outcome.status === "opened") count(counts, "opened");
        else if (outcome.status === "refused") count(counts, outcome.by);
      }
      if (result.elapsedMs > (slowest?.elapsedMs ?? -1)) slowest = result;
      if (overOf(result) > (largest ? overOf(largest) : -1)) largest = result;
      if (result.allocations.total > (busiest?.allocations.total ?? -1)) busiest = result;
      if (result.heapBytes > (heaviest?.heapBytes ?? -1)) heaviest = result;
    },
    files: () => files,
    lines(): string[] {
      const rows = [...formats].sort().map(([format, counts]) => {
        const [drops, ...others] = [...counts].sort(([, a], [, b]) => b - a);
        const ends = others.map(([what, n]) => `${what} ${n}`).join(", ");
        return `  ${format}: ${counts.get("drops") ?? drops[1]} drops; ${ends}`;
      });
      const at = (result: Result | null) =>
        result ? `${result.seed.format}, ${result.seed.name}, number ${result.index}` : "none";
      const { allocations } = largest ?? {};
      return [
        `${files} drops`,
        ...rows,
        `  slowest: ${Math.round(slowest?.elapsedMs ?? 0)} ms (${at(slowest)})`,
        `  largest typed array: ${allocations?.largest ?? 0} bytes of ${largest?.limitBytes ?? 0} allowed (${at(largest)})`,
        `  most in typed arrays altogether: ${busiest?.allocations.total ?? 0} bytes (${at(busiest)})`,
        `  largest growth of the heap: ${heaviest?.heapBytes ?? 0} bytes (${at(heaviest)})`,
      ];
    },
  };
}

/** How near to its limit a drop came. */
const overOf = ({ allocations, limitBytes }: Result) => allocations.largest / limitBytes;
