import { pointer, range, scaleBand, select } from "d3";

import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { inUnit, perNat, type UnitScale } from "./lensUnit";
import { drawScaleBar } from "./scaleBar";
import { clampNats, statisticScale } from "./statisticScale";
import { layerTicks, rootTicks } from "./ticks";

export type TransferMatrixProps = {
  /** In nats, `[i][j]`: translator `j` on hidden state `i`; NaN where the lens has no translator `j`. */
  readonly values: readonly (readonly number[])[];
  readonly unit: UnitScale;
  readonly colors: CellColors;
};

const left = 40;
const top = 36;
const foot = 40;
/** A cell is at most so large. */
const largest = 16;
const barWidth = 200;
/** Right of the bar, for its last tick and the arrow past the clamp. */
const barRoom = 16;
/** From so wide on the name of the axis below has its place at the right end. */
const nameWidth = 112;

/**
 * How well a translator reads another layer than its own: hidden states from the last at the top to the
 * embedding at the bottom, translators from left to right, in the colours of KL.
 */
export function createTransferMatrix(node: HTMLElement): Chart<TransferMatrixProps> {
  const svg = select(node).append("svg").attr("aria-hidden", "true");
  let props: TransferMatrixProps | null = null;
  let width = 0;
  let here: { i: number; j: number } | null = null;

  function draw() {
    svg.selectAll("*").remove();
    if (!props || width === 0) return;
    const { values, unit, colors } = props;
    const n = values.length;
    const side = Math.min(largest * n, width - left - 8);
    const scale = statisticScale("klFromFinal", 2);
    const x = scaleBand(range(n), [left, left + side]);
    const y = scaleBand(range(n), [top + side, top]);
    svg.attr("width", width).attr("height", top + side + foot);
    drawScaleBar(svg.append("svg").attr("x", left), {
      scale,
      ticks: rootTicks(clampNats, perNat(unit)),
      colors,
      width: Math.min(barWidth, width - left - barRoom),
      top: 2,
    });
    svg
      .append("g")
      .selectAll("rect")
      .data(
        values.flatMap((row, i) =>
          row.flatMap((value, j) => (Number.isNaN(value) ? [] : [{ i, j, value }])),
        ),
      )
      .join("rect")
      .attr("x", ({ j }) => x(j)!)
      .attr("y", ({ i }) => y(i)!)
      .attr("width", x.bandwidth() + 0.25)
      .attr("height", y.bandwidth() + 0.25)
      .attr("fill", ({ value }) => colors.at(scale.place(value)).background);
    const ticks = layerTicks(n - 1, Math.max(2, side / 48));
    svg
      .append("g")
      .selectAll("text")
      .data(ticks)
      .join("text")
      .attr("x", (layer) => x(layer)! + x.bandwidth() / 2)
      .attr("y", top + side + 18)
      .attr("text-anchor", "middle")
      .text(String);
    svg
      .append("g")
      .selectAll("text")
      .data(ticks)
      .join("text")
      .attr("x", left - 8)
      .attr("y", (layer) => y(layer)! + y.bandwidth() / 2 + 4)
      .attr("text-anchor", "end")
      .text(String);
    svg
      .append("text")
      .attr("class", "axis-name")
      .attr("x", side < nameWidth ? left : left + side)
      .attr("y", top + side + 34)
      .attr("text-anchor", side < nameWidth ? "start" : "end")
      .text("translator of layer");
    svg
      .append("text")
      .attr("class", "pointed-words")
      .attr("x", left)
      .attr("y", top + side + 34);
    svg
      .append("rect")
      .attr("class", "pointed-cell")
      .attr("width", x.bandwidth())
      .attr("height", y.bandwidth());

    const show = () => {
      svg.classed("is-pointing", here !== null);
      if (!here) return;
      const { i, j } = here;
      svg.select(".pointed-cell").attr("x", x(j)!).attr("y", y(i)!);
      const value = values[i][j];
      const said = Number.isNaN(value) ? "there is none" : `${inUnit(value, unit)} ${unit.unit}`;
      svg.select(".pointed-words").text(`translator ${j} on layer ${i}: ${said}`);
    };
    const point = (event: PointerEvent) => {
      const [atX, atY] = pointer(event, svg.node());
      const j = Math.floor((atX - left) / x.step());
      const i = n - 1 - Math.floor((atY - top) / y.step());
      here = i >= 0 && i < n && j >= 0 && j < n ? { i, j } : null;
      show();
    };
    svg.on("pointermove", point).on("pointerdown", point);
    svg.on("pointerleave", () => {
      here = null;
      show();
    });
    show();
  }

  const observer = new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    if (width > 0) draw();
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
