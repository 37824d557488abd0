import { type CellColors, themeColors } from "../chart/cellColors";
import { useTheme } from "./stores";

/** The heatmap's colours in the page's theme. */
export const useColors = (): CellColors =>
  themeColors(useTheme(({ choice, system }) => choice ?? system));
