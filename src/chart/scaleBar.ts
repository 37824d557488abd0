import { range, type Selection } from "d3";

import type { CellColors } from "./cellColors";
import type { StatisticScale, Tick } from "./statisticScale";

const barHeight = 8;
/** Down to where ticks are written. */
const labelTop = 21;

/** The colour scale with its ticks; an arrow says that it goes on past the clamp. */
export function drawScaleBar(
  svg: Selection<SVGSVGElement, unknown, null, undefined>,
  options: {
    readonly scale: StatisticScale;
    readonly ticks: readonly Tick[];
    readonly colors: CellColors;
    readonly width: number;
    readonly top: number;
  },
): void {
  const { scale, ticks, colors, width, top } = options;
  const bar = svg.append("g").attr("transform", `translate(0, ${top})`);
  const steps = Math.ceil(width / 2);
  bar
    .selectAll("rect")
    .data(range(steps))
    .join("rect")
    .attr("x", (i) => (i * width) / steps)
    .attr("width", width / steps + 0.5)
    .attr("height", barHeight)
    .attr("fill", (i) => colors.at((i + 0.5) / steps).background);
  bar
    .append("path")
    .attr("d", `M0,.5H${width}M0,${barHeight - 0.5}H${width}`)
    .attr("class", "tick")
    .attr("fill", "none");
  if (scale.isClamped) {
    bar
      .append("path")
      .attr("d", `M${width},0l7,${barHeight / 2}l-7,${barHeight / 2}z`)
      .attr("fill", colors.at(1).background);
  }
  bar
    .selectAll("text")
    .data(ticks)
    .join("text")
    .attr("x", ({ value }) => scale.place(value) * width)
    .attr("y", labelTop)
    .attr("text-anchor", (_, i) => (i === 0 ? "start" : "middle"))
    .text(({ label }, i) => (scale.isClamped && i === ticks.length - 1 ? `${label}+` : label));
}
