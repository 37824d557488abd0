import { expect, test } from "vitest";

import { FileRefusedError, FormatError, NoLensError } from "../errors";
import type { FileRow } from "../state/filesState";
import { fileSize, fileWords, isAboutFiles, listedRows, shownName, splitPath } from "./fileWords";

const row = (change: Partial<FileRow>): FileRow => ({
  name: "params.pt",
  sizeBytes: 28_400_000,
  loadedBytes: null,
  status: "reading",
  note: null,
  ...change,
});

test("fileSize is in the unit that says most", () => {
  expect([0, 231, 52_489, 999_949, 999_951, 39_891_424].map(fileSize)).toEqual([
    "0 bytes",
    "231 bytes",
    "52.5 kB",
    "999.9 kB",
    "1.0 MB",
    "39.9 MB",
  ]);
});

test("shownName leaves out what turns the writing round or is not drawn", () => {
  expect(shownName("a\u202Etp.exe\u0000\nb")).toBe("atp.exeb");
  expect(shownName("عدسة, 透镜")).toBe("عدسة, 透镜");
});

test("splitPath tells a folder from what lies in it", () => {
  expect(splitPath("tiny/lens/params.pt")).toEqual(["tiny/lens/", "params.pt"]);
  expect(splitPath("params.pt")).toEqual(["", "params.pt"]);
  expect(splitPath("tiny/lens/")).toEqual(["tiny/", "lens/"]);
  expect(splitPath("")).toEqual(["", ""]);
});

test("fileWords says what becomes of each file", () => {
  const rows = [
    row({}),
    row({ loadedBytes: 12_300_000 }),
    row({ loadedBytes: 28_400_000 }),
    row({ status: "read" }),
    row({ status: "used", note: "in use: a tuned lens of 30 layers" }),
    row({ status: "used" }),
    row({ status: "ignored" }),
    row({ status: "ignored", note: "cancelled" }),
    row({ status: "refused", note: "It is a web page." }),
  ];
  expect(fileWords(rows)).toEqual([
    "reading…",
    "12.3 of 28.4 MB",
    "checking…",
    "read",
    "in use: a tuned lens of 30 layers",
    "in use",
    "not needed",
    "cancelled",
    "refused. It is a web page.",
  ]);
});

test("fileWords says once what is true of several files, and not what the sentence over them says", () => {
  const model = { status: "used", note: "in use: a model of 3 layers" } as const;
  expect(fileWords([row(model), row(model)])).toEqual(["in use: a model of 3 layers", "in use"]);
  const cancelled = row({ status: "ignored", note: "cancelled" });
  expect(fileWords([cancelled, cancelled])).toEqual(["cancelled", "cancelled"]);
  const page = row({ status: "refused", note: "It is a web page." });
  const other = row({ status: "refused", note: "It is damaged." });
  expect(fileWords([page, other], "params.pt was not opened. It is a web page.")).toEqual([
    "refused",
    "refused. It is damaged.",
  ]);
});

test("isAboutFiles is true of a refusal that one of them was given", () => {
  const refused = row({ status: "refused", note: "It is damaged." });
  expect(isAboutFiles(new FormatError("It is damaged."), [row({}), refused])).toBe(true);
  expect(isAboutFiles(new FileRefusedError("Nothing to open here."), [row({})])).toBe(true);
  expect(isAboutFiles(new NoLensError("Jacobian", "tuned"), [refused])).toBe(false);
  expect(isAboutFiles(new FileRefusedError("Nothing to open here."), [])).toBe(false);
  expect(isAboutFiles(null, [refused])).toBe(false);
});

test("listedRows names all where they are few", () => {
  const rows = [row({}), row({ status: "ignored" }), row({ status: "refused" })];
  expect(listedRows(rows)).toEqual({ listed: rows, rest: null });
});

test("listedRows counts those that are not needed where they are many", () => {
  const used = row({ status: "used" });
  const ignored = Array.from({ length: 40 }, () => row({ status: "ignored" }));
  expect(listedRows([used, ...ignored])).toEqual({
    listed: [used],
    rest: "40 other files, not needed",
  });
});

test("listedRows leaves out what matters less where there are too many", () => {
  const used = Array.from({ length: 13 }, () => row({ status: "used" }));
  const refused = row({ status: "refused" });
  const { listed, rest } = listedRows([...used, refused]);
  expect(listed).toHaveLength(12);
  expect(listed[0]).toBe(refused);
  expect(rest).toBe("2 other files");
  const ignored = Array.from({ length: 13 }, () => row({ status: "ignored" }));
  expect(listedRows(ignored).listed).toHaveLength(12);
  expect(listedRows(ignored).rest).toBe("1 other file");
});
