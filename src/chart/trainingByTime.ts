import { curveStepAfter, line, max, scaleLinear, select } from "d3";

import type { Chart } from "./chart";
import { drawAxes } from "./chartAxes";
import { inUnit, perNat, type UnitScale } from "./lensUnit";
import { type Box, lineNames, type NamedLine, type Place } from "./lineNames";
import { timeTicks } from "./ticks";

/** A mean over layers after so much training. */
export type TimePoint = { readonly seconds: number; readonly nats: number };

export type TrainingByTimeProps = {
  /** The closed form over more and more of the text. */
  readonly fits: readonly TimePoint[];
  /** The optimiser's steps, from what they began with. */
  readonly steps: readonly TimePoint[];
  /** Of all held-out positions, at the end; null before. */
  readonly result: TimePoint | null;
  /** What the steps began with, of the result's positions, where the curve is of others; null: nothing. */
  readonly before: (TimePoint & { readonly name: string }) | null;
  readonly method: string;
  /** What the whole training takes, as far as that is known. */
  readonly totalSeconds: number;
  readonly unit: UnitScale;
};

const left = 40;
const right = 8;
const top = 8;
const foot = 44;

/** What a dot covers. */
const around = ({ x, y }: Place): Box => ({
  left: x - 4,
  right: x + 4,
  top: y - 4,
  bottom: y + 4,
});

/** Mean held-out divergence by time, from 0 on: the closed form in steps, then the optimiser's curve. */
export function createTrainingByTime(node: HTMLElement): Chart<TrainingByTimeProps> {
  const svg = select(node).append("svg").attr("aria-hidden", "true");
  let props: TrainingByTimeProps | null = null;
  let size = { width: 0, height: 0 };

  function draw() {
    svg.selectAll("*").remove();
    if (!props || size.width === 0) return;
    const { fits, steps, result, before, method, totalSeconds, unit } = props;
    const all = [...fits, ...steps, ...(result ? [result] : []), ...(before ? [before] : [])];
    const end = Math.max(1, totalSeconds, max(all, ({ seconds }) => seconds) ?? 0);
    const nats = max(all, (point) => point.nats) ?? 4;
    const bottom = size.height - foot;
    const x = scaleLinear([0, end], [left, size.width - right]);
    const y = scaleLinear([0, Math.max(0.1, nats * perNat(unit))], [bottom, top]).nice(4);
    const place = (point: TimePoint) => ({ x: x(point.seconds), y: y(point.nats * perNat(unit)) });
    const { name, ticks } = timeTicks(end);
    svg.attr("width", size.width).attr("height", size.height);
    drawAxes(svg, {
      x: ticks.map(({ value, label }) => ({ at: x(value), label })),
      y: y.ticks(4).map((value) => ({ at: y(value), label: String(value) })),
      xName: name,
      bottom,
      left: left - 8,
      right: size.width - right,
    });
    const path = () =>
      line<Place>(
        (at) => at.x,
        (at) => at.y,
      );
    // The closed form holds until the steps begin.
    const fitPlaces = (fits.length > 0 ? [...fits, ...steps.slice(0, 1)] : []).map(place);
    const stepPlaces = steps.map(place);
    svg
      .append("path")
      .attr("class", "series series-start")
      .attr("d", path().curve(curveStepAfter)(fitPlaces));
    const dot = (look: string, at: Place, r: number) =>
      svg
        .append("g")
        .attr("class", `dots dots-${look}`)
        .append("circle")
        .attr("r", r)
        .attr("cx", at.x)
        .attr("cy", at.y);
    for (const fit of fits) dot("start", place(fit), 2.5);
    svg.append("path").attr("class", "series series-trained").attr("d", path()(stepPlaces));
    const last = result ?? steps.at(-1);
    if (last) dot("trained", place(last), 3);
    if (before) dot("start", place(before), 3);

    const drawn: (NamedLine & { look: string })[] = [];
    if (fitPlaces.length > 0) {
      const corners = fitPlaces.flatMap((point, i) =>
        i > 0 ? [{ x: point.x - 0.5, y: fitPlaces[i - 1].y }, point] : [point],
      );
      const near = (corners[0].x + corners[corners.length - 1].x) / 2;
      drawn.push({ name: "closed form", look: "start", points: corners, near });
    }
    if (last) {
      const name = `${method}, ${inUnit(last.nats, unit)}`;
      const curve = { look: "trained", points: stepPlaces };
      if (before) drawn.push({ ...curve, name: "" }); // the number is the dot's, not the curve's end
      const points = before ? [] : stepPlaces;
      const all = result ? [...points, place(result)] : points;
      drawn.push({ name, look: "trained", points: all, near: place(last).x });
    }
    if (before) {
      const name = `${before.name}, ${inUnit(before.nats, unit)}`;
      const at = place(before);
      drawn.push({ name, look: "start", points: [at], near: at.x });
    }
    const room = { left, right: size.width, top: 0, bottom };
    const dots = before && last ? [place(last), place(before)].map(around) : [];
    for (const [i, at] of lineNames(drawn, room, dots).entries()) {
      if (!at || !drawn[i].name) continue;
      svg
        .append("text")
        .attr("class", `halo name name-${drawn[i].look}`)
        .attr("x", at.x)
        .attr("y", at.y)
        .text(drawn[i].name);
    }
  }

  const observer = new ResizeObserver(([{ contentRect }]) => {
    size = { width: contentRect.width, height: contentRect.height };
    if (size.width > 0) draw();
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
