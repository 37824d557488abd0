import { expect, test } from "vitest";

import { layersFrom, layersInWords, layersRefusal } from "./layerRange";

test("layersFrom reads single layers and runs, in any order and either dash", () => {
  expect(layersFrom("0-2, 8", 30)).toEqual([0, 1, 2, 8]);
  expect(layersFrom(" 29, 3 – 5 4", 30)).toEqual([3, 4, 5, 29]);
  expect(layersFrom("7", null)).toEqual([7]);
});

test("layersFrom says all layers in one way", () => {
  for (const words of ["", "all", "All ", "0-29", "0-10, 11-29"]) {
    expect(layersFrom(words, 30)).toBeNull();
  }
});

test("layersFrom refuses what is no layer of the model", () => {
  for (const words of ["30", "0-30", "5-3", "a", "-1", "1.5"]) {
    expect(layersFrom(words, 30)).toBeUndefined();
  }
});

test("layersInWords is read back as the same layers", () => {
  for (const layers of [null, [0], [0, 1, 2, 5], [3, 5, 6, 29]]) {
    expect(layersFrom(layersInWords(layers), 30)).toEqual(layers);
  }
  expect(layersInWords([0, 1, 2, 5])).toBe("0-2, 5");
});

test("layersRefusal says what was typed, and which layers there are as far as that is known", () => {
  expect(layersRefusal("3, 99 ", 30)).toBe("“3, 99” is not a list of layers from 0 to 29.");
  expect(layersRefusal("3-1", null)).toBe("“3-1” is not a list of layers.");
});
