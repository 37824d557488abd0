import { expect, test } from "vitest";

import { createHandover } from "./handover";

/** Every promise that is settled is heard. */
const heard = () => new Promise((resolve) => setTimeout(resolve, 0));

test("take waits for what is given, and give until the next is asked for", async () => {
  const { give, take } = createHandover<{ n: number }>();
  const log: string[] = [];
  const first = take();
  void give({ n: 1 }).then(() => log.push("done with 1"));
  expect(await first).toEqual({ n: 1 });
  await heard();
  expect(log).toEqual([]);
  const second = take();
  await heard();
  expect(log).toEqual(["done with 1"]);
  void give({ n: 2 });
  expect(await second).toEqual({ n: 2 });
});

test("end lets go of whoever waits, on both sides", async () => {
  const one = createHandover<{ n: number }>();
  const waiting = one.take();
  one.end();
  expect(await waiting).toBeNull();
  const other = createHandover<{ n: number }>();
  const given = other.give({ n: 1 });
  await other.take();
  other.end();
  await given;
  await other.give({ n: 2 });
  expect(await other.take()).toBeNull();
});
