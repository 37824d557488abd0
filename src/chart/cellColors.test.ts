import { readFileSync } from "node:fs";
import { rgb } from "d3";
import { describe, expect, test } from "vitest";

import { cellColors, luminance } from "./cellColors";
import { statisticScale } from "./statisticScale";

/** As in the table of SPEC.md, at KL = 0, 1, 4, 9, 16 and 25. */
const spec = {
  light: ["#fbfbf9", "#c3e4bf", "#64bcb6", "#257fa5", "#254c88", "#1f2258"],
  dark: ["#15171b", "#273359", "#2a5982", "#277f9a", "#48a1a1", "#79be9c"],
};
const { place } = statisticScale("klFromFinal", 49_152);
/** Of every colour that a cell can have. */
const everyPlace = Array.from({ length: 501 }, (_, i) => i / 500);

const css = readFileSync(new URL("../app/tokens.css", import.meta.url), "utf8");
/** A custom property's two colours, as the stylesheet pairs them. */
function pairOf(name: string) {
  const pair = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  return { light: pair?.[1], dark: pair?.[2] };
}

/** WCAG 2.2, "contrast ratio" and "relative luminance", as they are written there. */
function contrast(a: string, b: string): number {
  const [high, low] = [a, b]
    .map((color) => {
      const { r, g, b } = rgb(color);
      const [R, G, B] = [r, g, b].map((byte) =>
        byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * R + 0.7152 * G + 0.0722 * B;
    })
    .sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe.each(["light", "dark"] as const)("cellColors in the %s theme", (theme) => {
  const stops = Array.from({ length: 6 }, (_, i) => pairOf(`scale-${i}`)[theme] ?? "");
  const colors = cellColors(stops);

  test("has the stops of SPEC.md at 0, 1, 4, 9, 16 and 25 nats", () => {
    expect(stops).toEqual(spec[theme]);
    const at = [0, 1, 4, 9, 16, 25].map((kl) => rgb(colors.at(place(kl)).background).formatHex());
    expect(at).toEqual(spec[theme]);
  });

  test("begins with the paper", () => {
    expect(rgb(colors.at(0).background).formatHex()).toBe(pairOf("paper")[theme]);
  });

  test("stays at its ends outside the scale", () => {
    expect(colors.at(-1)).toEqual(colors.at(0));
    expect(colors.at(place(25.01))).toEqual(colors.at(1));
    expect(colors.at(Number.POSITIVE_INFINITY)).toEqual(colors.at(1));
  });

  test("gives each of its 501 colours a text of 4.5:1 or more", () => {
    for (const at of everyPlace) {
      const { background, text } = colors.at(at);
      expect(contrast(background, text), `at ${at}, ${background}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("changes in one direction only, so that more ink is more", () => {
    const all = everyPlace.map((at) => luminance(colors.at(at).background));
    const sign = theme === "light" ? -1 : 1;
    for (let i = 1; i < all.length; ++i) {
      // One step of a channel is what rounding to bytes may take back.
      expect(sign * (all[i] - all[i - 1]), `at ${everyPlace[i]}`).toBeGreaterThan(-0.003);
    }
    for (let i = 20; i < all.length; ++i) expect(sign * (all[i] - all[i - 20])).toBeGreaterThan(0);
  });
});

test("luminance is WCAG's: 0 of black, 1 of white, and the weights of the primaries", () => {
  expect(luminance("#000")).toBe(0);
  expect(luminance("#fff")).toBeCloseTo(1, 12);
  expect(luminance("#f00")).toBeCloseTo(0.2126, 12);
  expect(luminance("#0f0")).toBeCloseTo(0.7152, 12);
  expect(luminance("rgb(0, 0, 255)")).toBeCloseTo(0.0722, 12);
  expect(luminance("#777")).toBeCloseTo(0.1845, 4);
  expect(luminance("#0a0a0a")).toBeCloseTo(10 / 255 / 12.92, 12); // the straight part
});

test("text is white exactly up to the luminance 0.1833", () => {
  // #767676 has 0.1812 and #777777 has 0.1845: white keeps 4.5:1 on the first alone.
  const grays = cellColors(["#767676", "#777777"]);
  expect([grays.at(0).text, grays.at(1).text]).toEqual(["#fff", "#000"]);
});
