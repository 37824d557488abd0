import { expect, test } from "vitest";

import { sortFiles } from "./trainingFiles";

test("sortFiles takes .txt and .jsonl files for text, in any case, and leaves the rest to be opened", () => {
  const files = ["a.txt", "B.JSONL", "a.png", "c.json", "txt"].map((name) => new File([], name));
  const { texts, others } = sortFiles(files);
  expect(texts.map(({ name }) => name)).toEqual(["a.txt", "B.JSONL"]);
  expect(others.map(({ name }) => name)).toEqual(["a.png", "c.json", "txt"]);
});

test("sortFiles takes other text for text too, by its type or its name, where nothing else is given", () => {
  const files = [
    new File([], "notes.md"),
    new File([], "rows.csv", { type: "text/csv" }),
    new File([], "a.txt"),
  ];
  expect(sortFiles(files)).toEqual({ texts: files, others: [] });
});

test("sortFiles leaves the README of a lens with the lens", () => {
  const files = ["README.md", "config.json", "params.pt"].map((name) => new File([], name));
  expect(sortFiles(files)).toEqual({ texts: [], others: files });
});

test("sortFiles takes no text of a drop that has files of a model or a lens", () => {
  const texts = ["merges.txt", "rows.jsonl"];
  for (const name of [
    "config.json",
    "config (1).json",
    "MODEL.SAFETENSORS",
    "some.gguf",
    "params.pt",
    "lens.pth",
    "pytorch_model.bin",
    "lens.npz",
    "lens.zip",
  ]) {
    const files = [...texts, name].map((one) => new File([], one));
    expect(sortFiles(files), name).toEqual({ texts: [], others: files });
  }
});
