import { interpolateLab, piecewise, rgb } from "d3";

/** A cell's colour, and black or white upon it. */
export type CellColor = { readonly background: string; readonly text: "#000" | "#fff" };

/** The heatmap's colours of one theme. */
export type CellColors = {
  /** @param place 0 is the scale's start; from 1 on it is its end */
  at(place: number): CellColor;
};

const nStops = 6;
/** Of the scale; neighbours differ by less than one sees. */
const steps = 500;

/** White keeps 4.5:1 on anything of at most this relative luminance, and black above it. */
const whiteUpTo = 0.1833;

/** @param stops CSS colours, at even distances */
export function cellColors(stops: readonly string[]): CellColors {
  const between = piecewise(interpolateLab, [...stops]);
  const all = Array.from({ length: steps + 1 }, (_, i): CellColor => {
    const background = between(i / steps);
    return { background, text: luminance(background) <= whiteUpTo ? "#fff" : "#000" };
  });
  return { at: (place) => all[Math.round(Math.min(Math.max(place, 0), 1) * steps)] };
}

const colorsByTheme = new Map<string, CellColors>();

/** The heatmap's colours in a theme, which the page has now. */
export function themeColors(theme: string): CellColors {
  const known = colorsByTheme.get(theme) ?? cellColors(scaleStops(document.documentElement));
  colorsByTheme.set(theme, known);
  return known;
}

/** The stops `--scale-0` … `--scale-5` as the page's theme has them now, in colours that D3 reads. */
function scaleStops(host: HTMLElement): string[] {
  // As the colour of an element: a custom property's own value may still say light-dark().
  const probe = host.appendChild(document.createElement("i"));
  probe.style.setProperty("forced-color-adjust", "none");
  const stops = Array.from({ length: nStops }, (_, i) => {
    probe.style.color = `var(--scale-${i})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return stops;
}

/** Relative luminance (WCAG 2.2) of an sRGB colour, in [0, 1]. */
export function luminance(color: string): number {
  const linear = (byte: number) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  const { r, g, b } = rgb(color);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
