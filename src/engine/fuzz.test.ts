import { describe, expect, test } from "vitest";

import { FormatError } from "../errors";
import { counted, startCounting } from "./fuzz/allocations";
import { runCommand } from "./fuzz/command";
import { createDrop } from "./fuzz/createDrop";
import { fuzz } from "./fuzz/fuzz";
import { openDropped } from "./fuzz/openDropped";
import { limits, type OpenFiles, runDrop } from "./fuzz/runDrop";
import { readSeeds } from "./fuzz/seeds";
import { faultOf } from "./fuzz/sentence";

const seeds = await readSeeds();

test.each(seeds)("a seed opens as it is: $format, $name", async (seed) => {
  const result = await runDrop({ seed, files: seed.files }, 0, openDropped, limits);
  expect(result.problems).toEqual([]);
  expect(result.outcomes.filter(({ status }) => status === "refused")).toEqual([]);
  expect(result.outcomes.filter(({ status }) => status === "opened")).toHaveLength(1);
});

test("a drop is the same for the same seed and number, and another for others", async () => {
  const bytesOf = async (seed: number, index: number) =>
    (await createDrop(seeds, seed, index)).files.map(({ name, bytes }) => [name, ...bytes]);
  for (let index = 0; index < 50; ++index) {
    expect(await bytesOf(1, index)).toEqual(await bytesOf(1, index));
  }
  expect(await bytesOf(1, 7)).not.toEqual(await bytesOf(1, 8));
  expect(await bytesOf(1, 7)).not.toEqual(await bytesOf(2, 7));
});

/** The same ones each time, so that a change is what makes them fail; `npm run fuzz` takes others. */
describe("every mutated file opens, or is refused in a sentence", () => {
  test.each([
    [20_261_124, 14_000],
    [3, 7000],
  ])(
    "seed %i, %i drops",
    async (seed, count) => {
      const { failures, lines } = await fuzz(seeds, { seed, count });
      console.info(`FUZZ_SEED=${seed}: ${lines.join("\n")}`);
      expect(failures).toEqual([]);
    },
    300_000, // a minute for both on a machine of its own
  );
});

test("most drops get past what is looked at first, and of each format some open", async () => {
  const opened = new Set<string>();
  let refusedAtDoor = 0;
  const count = 1500;
  await fuzz(seeds, {
    seed: 3,
    count,
    onResult({ seed, outcomes }) {
      if (outcomes.some(({ status }) => status === "opened")) opened.add(seed.format);
      if (outcomes.every((one) => one.status === "refused" && one.by === "door")) ++refusedAtDoor;
    },
  });
  expect([...opened].sort()).toEqual([...new Set(seeds.map(({ format }) => format))].sort());
  expect(refusedAtDoor).toBeLessThan(count / 2);
});

test("npm run fuzz says its seed, what became of all, and of one alone what", async () => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(await runCommand(["30"], { FUZZ_SEED: "4" }, say)).toBe(true);
  expect(said[0]).toBe("FUZZ_SEED=4");
  expect(said).toContain("30 drops");
  said.length = 0;
  expect(await runCommand([], { FUZZ_ONLY: "4:7" }, say)).toBe(true);
  expect(said[0]).toMatch(/^The files are in .+midthought-fuzz-4-7$/);
  expect(JSON.parse(said[1])[0]).toHaveProperty("status");
  await expect(runCommand(["many"], {}, say)).rejects.toThrow("no number");
});

describe("a campaign finds", () => {
  const refusing =
    (message: string): OpenFiles =>
    async () => [{ status: "refused", by: "FormatError", message }];
  const failuresOf = async (open: OpenFiles, allowed = limits) =>
    (await fuzz(seeds, { seed: 5, count: 1, open, limits: allowed })).failures.join();

  test("nothing wrong with a reader that refuses in a sentence", async () => {
    expect(await failuresOf(refusing("The file is damaged."))).toBe("");
  });

  test("what is thrown, how to do it again with it", async () => {
    const throws: OpenFiles = async () => (undefined as unknown as [][])[0];
    expect(await failuresOf(throws)).toMatch(/^FUZZ_ONLY=5:0 npm run fuzz \(.+throws TypeError/);
    const escapes: OpenFiles = () => Promise.reject(new FormatError("It was to be caught."));
    expect(await failuresOf(escapes)).toContain("throws FormatError");
  });

  test("what is rejected beside", async () => {
    const forgets: OpenFiles = async (...all) => {
      void Promise.reject(new RangeError("forgotten"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return refusing("The file is damaged.")(...all);
    };
    expect(await failuresOf(forgets)).toContain("rejects beside: RangeError: forgotten");
  });

  test.each([
    ["", "is empty"],
    ["The file is damaged", "full stop"],
    ["The file has undefined bytes.", "says undefined"],
    ["The file has NaN bytes.", "says NaN"],
    ["The file is [object Object].", "says [object"],
    [`The file is ${"very ".repeat(250)} damaged.`, "characters"],
  ])("the message %j", async (message, fault) => {
    expect(await failuresOf(refusing(message))).toContain(fault);
  });

  test("an array of more than the file could fill, whoever makes it", async () => {
    const size = 20_000_000;
    const makers: readonly (() => unknown)[] = [
      () => new Float32Array(size / 4),
      () => new ArrayBuffer(size),
      () => Uint8Array.from({ length: size }),
    ];
    for (const make of makers) {
      const allocates: OpenFiles = async (...all) => {
        make();
        return refusing("The file is damaged.")(...all);
      };
      expect(await failuresOf(allocates)).toContain(`allocates ${size} bytes`);
    }
  });

  test("plain arrays and strings that grow without end", async () => {
    const grows: OpenFiles = async (...all) => {
      const kept = Array.from({ length: 10_000_000 }, (_, i) => i);
      const outcomes = await refusing("The file is damaged.")(...all);
      expect(kept.at(-1)).toBe(9_999_999);
      return outcomes;
    };
    expect(await failuresOf(grows)).toContain("bytes of the heap");
  });

  test("what takes too long", async () => {
    const waits: OpenFiles = async (...all) => {
      const end = performance.now() + 30;
      while (performance.now() < end);
      return refusing("The file is damaged.")(...all);
    };
    expect(await failuresOf(waits, { ...limits, ms: 20 })).toMatch(/takes \d+ ms/);
  });

  test("a prototype that something was added to, and takes it away again", async () => {
    const pollutes: OpenFiles = (...all) => {
      Object.assign(Object.prototype, { polluted: 1 });
      return refusing("The file is damaged.")(...all);
    };
    expect(await failuresOf(pollutes)).toContain("adds polluted to Object.prototype");
    expect("polluted" in {}).toBe(false);
  });

  test("a file that nothing is said of", async () => {
    expect(await failuresOf(async () => [])).toContain("says nothing");
  });
});

test("a message may quote what a file says", () => {
  expect(faultOf("The size is NaN.", "")).toBe("says NaN");
  expect(faultOf("The size is NaN.", '{"size": NaN}')).toBeNull();
  const quoting = `It is not JSON: Unexpected token 'N', "NaN" is not valid JSON.`;
  expect(faultOf(quoting, "PK")).toBeNull();
});

test("allocations are counted wherever they come from", async () => {
  const bytesOf = async (allocate: () => unknown) => {
    startCounting();
    await allocate();
    return counted().largest;
  };
  const held = new Uint16Array(1000);
  const blob = new Blob([held]);
  const { inflateSync, deflateSync } = await import("fflate");
  const packed = deflateSync(new Uint8Array(50_000));
  expect(await bytesOf(() => new Float64Array(1000))).toBe(8000);
  expect(await bytesOf(() => new Uint8Array(held.buffer, 10, 20))).toBe(0);
  expect(await bytesOf(() => new Float32Array([1, 2, 3]))).toBe(12);
  expect(await bytesOf(() => Int32Array.of(1, 2, 3))).toBe(12);
  expect(await bytesOf(() => held.slice(100))).toBe(1800);
  expect(await bytesOf(() => held.map((x) => x))).toBe(2000);
  expect(await bytesOf(() => held.buffer.slice(500))).toBe(1500);
  expect(await bytesOf(() => blob.arrayBuffer())).toBe(2000);
  expect(await bytesOf(() => new Blob([held, held]))).toBe(4000);
  expect(await bytesOf(() => inflateSync(packed))).toBeGreaterThanOrEqual(50_000);
});
