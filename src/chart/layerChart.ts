import { leastIndex, line, pointer, scaleLinear, scaleSqrt, select } from "d3";

import type { Chart } from "./chart";
import { drawAxes } from "./chartAxes";
import { type Interval, isInterval } from "./interval";
import { inUnit, perNat, type UnitScale } from "./lensUnit";
import { type Box, lineNames, type Place } from "./lineNames";
import { clampNats } from "./statisticScale";
import { layerTicks, rootTicks } from "./ticks";

/** How a line is drawn: the logit lens, what is compared with, what it is about. */
export type LineLook = "logit" | "start" | "trained" | "other";

export type LayerLine = {
  readonly name: string;
  readonly look: LineLook;
  /** In nats, by layer; NaN where there is none. */
  readonly values: readonly number[];
  /** The interval of each, in nats; one that is not finite is left out. */
  readonly intervals?: readonly Interval[];
};

export type LayerChartProps = {
  /** The layers that values are of, ascending. */
  readonly layers: readonly number[];
  /** Of the model. */
  readonly nLayers: number;
  /** Drawn in their order, the last on top. */
  readonly lines: readonly LayerLine[];
  readonly unit: UnitScale;
  /** What is said where there is no line. */
  readonly empty: string;
};

const left = 40;
const right = 8;
const top = 16;
/** Of the lenses that are compared, one after the other. */
const dashes = ["none", "6 3", "2 3", "10 3 2 3", "14 4", "1 5"];
/** Room under the axis for its ticks and its name, or what is pointed at. */
const foot = 44;

/**
 * Divergence by layer, on a √ axis to 25 nats: a point past it stands at the axis's end and says its
 * value. Pointing at a layer reads its numbers out. Hidden from screen readers: a table says the same.
 *
 * @param node its height is the drawing's
 */
export function createLayerChart(node: HTMLElement): Chart<LayerChartProps> {
  const svg = select(node).append("svg").attr("aria-hidden", "true");
  let props: LayerChartProps | null = null;
  let size = { width: 0, height: 0 };
  /** The layer that is pointed at. */
  let here: number | null = null;

  const scales = () => ({
    x: scaleLinear([0, Math.max(1, props!.nLayers - 1)], [left, size.width - right]),
    y: scaleSqrt([0, clampNats], [size.height - foot, top]).clamp(true),
  });

  function draw() {
    svg.selectAll("*").remove();
    if (!props || size.width === 0) return;
    const { layers, nLayers, lines, unit, empty } = props;
    const { x, y } = scales();
    svg.attr("width", size.width).attr("height", size.height);
    drawAxes(svg, {
      x: layerTicks(nLayers - 1, Math.max(2, (size.width - left) / 60)).map((layer) => ({
        at: x(layer),
        label: String(layer),
      })),
      y: rootTicks(clampNats, perNat(unit)).map(({ value, label }) => ({ at: y(value), label })),
      xName: "layer",
      bottom: size.height - foot,
      left: left - 8,
      right: size.width - right,
    });
    const g = svg.append("g").attr("class", "here");
    let compared = 0;
    const drawn = lines.map(({ name, look, values, intervals = [] }) => {
      const places = values.map((value, i) =>
        Number.isNaN(value) ? null : { x: x(layers[i]), y: y(value) },
      );
      return {
        name,
        look,
        dash: look === "other" ? dashes[compared++ % dashes.length] : null,
        places,
        points: places.filter((place) => place !== null),
        bars: intervals.flatMap((one, i) =>
          isInterval(one) ? [{ x: x(layers[i]), top: y(one.high), bottom: y(one.low) }] : [],
        ),
      };
    });
    const past = lines.flatMap(({ values }) => pastEnd(values, layers, x));
    for (const { look, dash, places, bars } of drawn) {
      svg
        .append("path")
        .attr("class", `interval interval-${look}`)
        .attr("d", bars.map((bar) => `M${bar.x},${bar.bottom}V${bar.top}`).join(""));
      drawLine(look, dash, places);
    }
    const taken = past.map(({ at, value }): Box => {
      const label = `${(value * perNat(unit)).toFixed(1)} ↑`;
      const width = label.length * 6.4;
      const isRight = at + 8 + width < size.width;
      svg
        .append("text")
        .attr("class", "halo")
        .attr("x", isRight ? at + 8 : at - 8)
        .attr("y", top + 4)
        .attr("text-anchor", isRight ? "start" : "end")
        .text(label);
      const edge = isRight ? at + 4 : at - 12 - width;
      return { left: edge, right: edge + width + 8, top: top - 9, bottom: top + 9 };
    });
    const bars = drawn.flatMap(({ bars }) =>
      bars.map(({ x, top, bottom }): Box => ({ left: x - 1, right: x + 1, top, bottom })),
    );
    nameLines(drawn, [...taken, ...bars]);
    if (lines.length === 0) {
      svg
        .append("text")
        .attr("class", "name")
        .attr("x", (left + size.width - right) / 2)
        .attr("y", (top + size.height - foot) / 2)
        .attr("text-anchor", "middle")
        .text(empty);
    }
    g.append("line")
      .attr("class", "pointed")
      .attr("y1", top)
      .attr("y2", size.height - foot);
    svg
      .append("text")
      .attr("class", "pointed-words")
      .attr("x", left)
      .attr("y", size.height - foot + 38);
    show();
  }

  function drawLine(look: LineLook, dash: string | null, places: readonly (Place | null)[]) {
    svg
      .append("path")
      .attr("class", `series series-${look}`)
      .attr("stroke-dasharray", dash)
      .attr(
        "d",
        line<Place | null>(
          (place) => place!.x,
          (place) => place!.y,
        ).defined((place) => place !== null)(places),
      );
    svg
      .append("g")
      .attr("class", `dots dots-${look}`)
      .selectAll("circle")
      .data(places.filter((place) => place !== null))
      .join("circle")
      .attr("r", 2.5)
      .attr("cx", ({ x }) => x)
      .attr("cy", ({ y }) => y);
  }

  function nameLines(
    drawn: readonly { name: string; look: LineLook; points: readonly Place[] }[],
    taken: readonly Box[],
  ) {
    const room = { left, right: size.width, top: 0, bottom: size.height - foot };
    for (const [i, place] of lineNames(drawn, room, taken).entries()) {
      if (!place) continue;
      svg
        .append("text")
        .attr("class", `halo name name-${drawn[i].look}`)
        .attr("x", place.x)
        .attr("y", place.y)
        .text(drawn[i].name);
    }
  }

  /** The line at what is pointed at, and its numbers in words, in the place of the axis's name. */
  function show() {
    if (!props || size.width === 0) return;
    const i = here === null ? -1 : props.layers.indexOf(here);
    const isShown = i >= 0 && props.lines.length > 0;
    const { lines, unit } = props;
    const at = isShown ? scales().x(here!) : 0;
    svg.classed("is-pointing", isShown);
    svg.select(".pointed").attr("x1", at).attr("x2", at);
    const said = lines
      .filter(({ values }) => Number.isFinite(values[i]))
      .map(({ name, values }) => `${name} ${inUnit(values[i], unit)}`);
    svg.select(".pointed-words").text(isShown ? `layer ${here}: ${said.join(", ")}` : "");
  }

  function point(event: PointerEvent) {
    if (!props || size.width === 0) return;
    const { x } = scales();
    const [at] = pointer(event, svg.node());
    const i = leastIndex(props.layers, (layer) => Math.abs(x(layer) - at));
    here = i === undefined ? null : props.layers[i];
    show();
  }
  svg.on("pointermove", point).on("pointerdown", point);
  svg.on("pointerleave", () => {
    here = null;
    show();
  });

  const observer = new ResizeObserver(([{ contentRect }]) => {
    size = { width: contentRect.width, height: contentRect.height };
    if (size.width > 0) draw(); // another tab may be in front
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

/** Layers past the axis's end, the furthest of each run of neighbours, and where they are. */
function pastEnd(
  values: readonly number[],
  layers: readonly number[],
  x: (layer: number) => number,
) {
  const found: { at: number; value: number }[] = [];
  for (const [i, value] of values.entries()) {
    if (value <= clampNats) continue;
    const isNeighbour = i > 0 && values[i - 1] > clampNats;
    const last = found.at(-1);
    if (!isNeighbour || !last) found.push({ at: x(layers[i]), value });
    else if (value > last.value) found[found.length - 1] = { at: x(layers[i]), value };
  }
  return found;
}
