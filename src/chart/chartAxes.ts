import type { Selection } from "d3";

/** A tick where it is drawn, in pixels. */
type Placed = { readonly at: number; readonly label: string };

/** Hairlines across, with their values left of them, and the ticks and the name of the axis below. */
export function drawAxes(
  svg: Selection<SVGSVGElement, unknown, null, undefined>,
  options: {
    readonly x: readonly Placed[];
    readonly y: readonly Placed[];
    readonly xName: string;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  },
): void {
  const { x, y, xName, bottom, left, right } = options;
  const g = svg.append("g");
  g.selectAll("line")
    .data(y)
    .join("line")
    .attr("class", "gridline")
    .attr("x1", left)
    .attr("x2", right)
    .attr("y1", ({ at }) => Math.round(at) + 0.5)
    .attr("y2", ({ at }) => Math.round(at) + 0.5);
  g.append("g")
    .selectAll("text")
    .data(y)
    .join("text")
    .attr("x", left - 8)
    .attr("y", ({ at }) => at + 4)
    .attr("text-anchor", "end")
    .text(({ label }) => label);
  g.append("g")
    .selectAll("text")
    .data(x)
    .join("text")
    .attr("x", ({ at }) => at)
    .attr("y", bottom + 20)
    .attr("text-anchor", "middle")
    .text(({ label }) => label);
  g.append("text")
    .attr("class", "axis-name")
    .attr("x", right)
    .attr("y", bottom + 38)
    .attr("text-anchor", "end")
    .text(xName);
}
