import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { maxReadingFileBytes } from "../lens/parseReading";
import { openReading } from "./openReading";

const text = readFileSync(new URL("../../public/recorded/fact.json", import.meta.url), "utf8");

test("openReading gives the readings of a file, the lens in use first", async () => {
  const readings = await openReading(new Blob([text]));
  expect(readings.map(({ lens }) => lens.kind)).toEqual(["tuned", "logit"]);
});

test("openReading refuses what is no reading", async () => {
  await expect(openReading(new Blob(["{"]))).rejects.toThrow("not JSON");
});

test("openReading refuses a file that is too large before it reads it", async () => {
  const file = new Blob([text]);
  Object.defineProperty(file, "size", { value: maxReadingFileBytes + 1_000_000 });
  file.text = () => Promise.reject(new Error("it was read"));
  await expect(openReading(file)).rejects.toThrow("it has 65 MB, and a reading at most 64");
});

test("openReading refuses a folder, which a browser cannot read", async () => {
  const folder = new Blob([]);
  folder.text = () => Promise.reject(new DOMException("", "NotFoundError"));
  await expect(openReading(folder)).rejects.toThrow("it is a folder");
});
