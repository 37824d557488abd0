import { select } from "d3";

import type { Stride } from "../lens/view";
import type { Chart } from "./chart";

export type HiddenBandProps = {
  /** How many layers are not drawn; the band is hidden where all are. */
  readonly hidden: number;
  readonly stride: Stride;
  readonly onShowAll: () => void;
};

/** Under the output row: how many layers a stride hides, and the way to see them. */
export function createHiddenBand(node: HTMLElement): Chart<HiddenBandProps> {
  const band = select(node).property("hidden", true);
  return {
    update({ hidden, stride, onShowAll }) {
      band
        .property("hidden", hidden === 0)
        .selectAll("*")
        .remove();
      if (hidden === 0) return;
      const line = band.append("p");
      const words = line.append("span").text(`${hidden} layers are hidden`);
      const rule = `: every ${stride === 2 ? "2nd" : "4th"} is drawn, and layer 0`;
      words.append("span").attr("class", "band-rule").text(rule);
      words.append("span").text(".");
      const button = line.append("button").attr("type", "button").attr("class", "text");
      button.text("Show all").on("click", onShowAll);
    },
    destroy() {
      node.replaceChildren();
    },
  };
}
