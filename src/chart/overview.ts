import { select } from "d3";

import type { Reading } from "../lens/reading";
import { drawnRows, type View } from "../lens/view";
import { onNextFrame } from "../math/onNextFrame";
import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { statisticScale } from "./statisticScale";

export type OverviewProps = {
  readonly reading: Reading;
  readonly view: View;
  readonly colors: CellColors;
};

/**
 * The whole reading at one pixel a cell, with the part that its heatmap shows framed; dragging scrolls
 * the heatmap. Hidden where all columns are in view.
 *
 * @param scroller what the heatmap is drawn in by `createFigure`
 */
export function createOverview(node: HTMLElement, scroller: HTMLElement): Chart<OverviewProps> {
  const box = select(node).property("hidden", true);
  const label = box.append("span").attr("class", "label");
  const map = box.append("div").attr("class", "map");
  const canvas = map.append("canvas").node()!;
  const frame = map.append("i");
  const grid = scroller.querySelector<HTMLElement>(".grid")!;
  const profile = scroller.querySelector<HTMLElement>(".profile")!;
  let props: OverviewProps | null = null;
  let drawn: OverviewProps | null = null;
  /** Takes back what the next frame is to draw. */
  let cancel = () => {};
  /** Pixels of the columns: those in view, and all. */
  let extent = { room: 0, total: 0 };

  function follow() {
    const { room, total } = extent;
    frame.style("left", `${(100 * scroller.scrollLeft) / total}%`);
    frame.style("width", `${(100 * room) / total}%`);
  }

  /** Heard of once the page is laid out, so that asking for sizes costs nothing. */
  const observer = new ResizeObserver(() => {
    const gutter = Number.parseFloat(getComputedStyle(scroller).getPropertyValue("--gutter"));
    const room = scroller.clientWidth - gutter - profile.offsetWidth;
    extent = { room, total: grid.offsetWidth - gutter };
    node.hidden = extent.total <= room + 1;
    if (node.hidden) return;
    follow();
    drawSoon();
  });
  for (const element of [scroller, grid, profile]) observer.observe(element);

  /** In a frame of its own: the heatmap has this one. */
  function drawSoon() {
    cancel();
    cancel = onNextFrame(draw);
  }

  function draw() {
    if (!props || node.hidden || isSame(props, drawn)) return;
    drawn = props;
    const { reading, view, colors } = props;
    const { tokens, statistics, model } = reading;
    const rows = drawnRows(reading.rows.length, view.stride);
    label.text(`all ${tokens.length}`);
    const scale = statisticScale(view.statistic, model.vocab);
    canvas.width = tokens.length;
    canvas.height = rows.length;
    const context = canvas.getContext("2d");
    if (!context) return;
    for (const [y, row] of rows.entries()) {
      for (let x = 0; x < tokens.length; ++x) {
        const value = statistics[view.statistic][row * tokens.length + x];
        if (Number.isNaN(value)) continue;
        context.fillStyle = colors.at(scale.place(value)).background;
        context.fillRect(x, y, 1, 1);
      }
    }
  }

  function drag(event: PointerEvent) {
    if (event.type === "pointerdown") map.node()!.setPointerCapture(event.pointerId);
    else if (event.buttons === 0) return;
    const { left, width } = map.node()!.getBoundingClientRect();
    const { room, total } = extent;
    scroller.scrollLeft = ((event.clientX - left) / width) * total - room / 2;
  }

  const listened = new AbortController();
  const options = { signal: listened.signal, passive: true };
  scroller.addEventListener("scroll", follow, options);
  map.node()!.addEventListener("pointerdown", drag, options);
  map.node()!.addEventListener("pointermove", drag, options);

  return {
    update(next) {
      props = next;
      if (!isSame(next, drawn)) drawSoon();
    },
    destroy() {
      cancel();
      listened.abort();
      observer.disconnect();
      node.replaceChildren();
    },
  };
}

const isSame = (a: OverviewProps, b: OverviewProps | null) =>
  a.reading === b?.reading && a.view === b.view && a.colors === b.colors;
