import { select } from "d3";
import { statisticAt } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell, View } from "../lens/view";
import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { drawScaleBar } from "./scaleBar";
import { statisticScale } from "./statisticScale";

export type LegendProps = {
  readonly reading: Reading;
  readonly view: View;
  readonly here: Cell | null;
  readonly colors: CellColors;
};

/** Room right of the bar for the arrow past the clamp. */
const arrowRoom = 16;

/** The colour scale by itself, as wide as its element, with a needle at the cell's value: for phones. */
export function createLegend(node: HTMLElement): Chart<LegendProps> {
  const svg = select(node).append("svg").attr("height", 28);
  let props: LegendProps | null = null;
  let room = 0;

  function draw() {
    svg.selectAll("*").remove();
    const width = room - arrowRoom;
    if (!props || width <= 0) return; // another width of the page shows no legend
    const { reading, view, colors, here } = props;
    const scale = statisticScale(view.statistic, reading.model.vocab);
    svg.attr("width", width + arrowRoom);
    drawScaleBar(svg, {
      scale,
      ticks: scale.ticks(view.unit),
      colors,
      width,
      top: 4,
    });
    const value = here ? statisticAt(reading, view.statistic, here) : Number.NaN;
    if (Number.isNaN(value)) return;
    const x = Math.min(1, scale.place(value)) * width;
    svg
      .append("line")
      .attr("class", "needle-line")
      .attr("x1", x)
      .attr("x2", x)
      .attr("y1", 0)
      .attr("y2", 16);
  }

  const observer = new ResizeObserver(([{ contentRect }]) => {
    room = contentRect.width;
    draw();
  });
  observer.observe(node);
  return {
    update(next) {
      props = next;
      draw();
    },
    destroy() {
      observer.disconnect();
      svg.remove();
    },
  };
}
