import { greatest, pairs, range, type Selection, scaleLinear, select } from "d3";

import { lensKindName } from "../lens/lensKind";
import type { Reading } from "../lens/reading";
import type { View } from "../lens/view";
import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { type RowPlaces, rowTop } from "./layout";
import { nameSides } from "./nameSides";
import { probability } from "./numbers";
import { type Point, runs } from "./runs";
import { drawScaleBar } from "./scaleBar";
import { type StatisticScale, statisticScale } from "./statisticScale";

/** As `--kl-width` and `--p-width` of tokens.css. */
const width = 152;
const gap = 24;
const probabilityWidth = 64;
const probabilityLeft = width + gap;
/** From this height of a row on, curves say their names and the row has a band round it. */
const roomForNames = 12;

export type ProfileProps = {
  readonly reading: Reading;
  /** The logit lens's reading of the same cells; null where it is not there, or is `reading`. */
  readonly logit: Reading | null;
  readonly rows: readonly number[];
  readonly view: View;
  readonly colors: CellColors;
  readonly places: RowPlaces;
  /** Height of the scale above the rows. */
  readonly head: number;
  /** An index into `reading.rows`. */
  readonly row: number;
  readonly position: number;
};

type Series = { readonly name: string; readonly isOwn: boolean; readonly points: readonly Point[] };

/**
 * One column through the layers, on the heatmap's own rows: the statistic of the lens in use and of
 * the logit lens, on the colour scale's axis, and the probability of the model's own answer.
 */
export function createProfile(node: HTMLElement): Chart<ProfileProps> {
  const head = select(node).append("svg").attr("class", "scale");
  const headNeedle = { g: head.append("g") };
  const body = select(node).append("svg").attr("class", "body");
  let last: ProfileProps | null = null;

  /** What stays while one points at other cells. */
  function drawAxes({ reading, rows, view, colors, places, head: headHeight }: ProfileProps) {
    const scale = statisticScale(view.statistic, reading.model.vocab);
    const height = rowTop(rows.length - 1, places) + places.pitch;
    const total = probabilityLeft + probabilityWidth;
    head.attr("width", total).attr("height", headHeight).selectAll("*").remove();
    drawScaleBar(head, {
      scale,
      ticks: scale.ticks(view.unit),
      colors,
      width,
      top: headHeight - 26,
    });
    const p = head
      .append("g")
      .attr("transform", `translate(${probabilityLeft}, ${headHeight - 26})`);
    p.append("path")
      .attr("d", `M.5,3V8M${probabilityWidth - 0.5},3V8M0,7.5H${probabilityWidth}`)
      .attr("class", "axis");
    p.selectAll("text")
      .data([0, 1])
      .join("text")
      .attr("x", (t) => t * probabilityWidth)
      .attr("y", 21)
      .attr("text-anchor", (t) => (t ? "end" : "start"))
      .text(String);
    headNeedle.g = head.append("g");

    body.attr("width", total).attr("height", height).selectAll("*").remove();
    const vertical = (x: number, name: string) =>
      body.append("line").attr("class", name).attr("x1", x).attr("x2", x).attr("y2", height);
    for (const { value } of scale.ticks(view.unit)) {
      vertical(Math.round(scale.place(value) * width) + 0.5, "gridline");
    }
    // A uniform guess is never further from the model than this.
    if (view.statistic === "klFromFinal") {
      vertical(scale.place(Math.log(reading.model.vocab)) * width, "uniform");
    }
    vertical(probabilityLeft + 0.5, "gridline");
    body.append("g").attr("class", "curves-here");
  }

  function drawCurves(props: ProfileProps) {
    const { reading, logit, rows, view, places, row, position } = props;
    const scale = statisticScale(view.statistic, reading.model.vocab);
    const here = rows.indexOf(row);
    const middle = (i: number) => rowTop(i, places) + places.pitch / 2;
    const x = (value: number) => Math.min(1, scale.place(value)) * width;
    const isPast = ({ value }: Point) => scale.isClamped && scale.place(value) > 1;
    const seriesOf = (from: Reading, isOwn: boolean): Series => ({
      name: lensKindName[from.lens.kind],
      isOwn,
      points: rows.map((r, i) => ({
        i,
        value: from.statistics[view.statistic][r * from.tokens.length + position],
      })),
    });
    const all = [...(logit ? [seriesOf(logit, false)] : []), seriesOf(reading, true)];
    const g = body.select<SVGGElement>(".curves-here");
    g.selectAll("*").remove();

    for (const { isOwn, points } of all) {
      const unbroken = runs(points);
      const line = unbroken
        .flatMap((run) => pairs(run))
        .filter((ends) => !ends.every(isPast))
        .map(([a, b]) => `M${x(a.value)},${middle(a.i)}L${x(b.value)},${middle(b.i)}`);
      g.append("path")
        .attr("class", `line ${isOwn ? "line-lens" : "line-logit"}`)
        .attr("d", line.join(""));
      // Past the clamp there is no line, only an arrow in each row; a row alone between gaps is a dot.
      const arrows = unbroken
        .flat()
        .filter(isPast)
        .map(({ i }) => `M${width - 2},${middle(i) - 3.5}l6,3.5l-6,3.5z`);
      const dots = unbroken
        .filter((run) => run.length === 1 && !isPast(run[0]))
        .map(([{ i, value }]) => `M${x(value) - 2},${middle(i)}a2,2 0 1 0 4,0a2,2 0 1 0 -4,0z`);
      g.append("path")
        .attr("class", isOwn ? "points-lens" : "points-logit")
        .attr("d", [...arrows, ...dots].join(""));
    }
    nameCurves(g, all, { x, middle, pitch: places.pitch, rows: rows.length });

    if (here >= 0 && places.pitch >= roomForNames) {
      const [top, bottom] = [rowTop(here, places) + 0.5, rowTop(here, places) + places.pitch - 0.5];
      const right = probabilityLeft + probabilityWidth;
      g.append("path")
        .attr("class", "needle-band")
        .attr("d", `M${-gap},${top}H${right}M${-gap},${bottom}H${right}`);
    }
    const value = all.at(-1)!.points[here]?.value ?? Number.NaN;
    if (!Number.isNaN(value)) {
      g.append("circle")
        .attr("class", "needle")
        .attr("cx", x(value))
        .attr("cy", middle(here))
        .attr("r", 4);
    }

    const finalProb = (r: number) =>
      Math.exp(reading.statistics.finalTopLogProb[r * reading.tokens.length + position]);
    const barHeight = Math.min(8, (places.pitch * 2) / 3);
    g.selectAll(".bar-p")
      .data(rows.map((r, i) => ({ i, p: finalProb(r) })).filter(({ p }) => !Number.isNaN(p)))
      .join("rect")
      .attr("class", ({ i }) => `bar-p${i === here ? " is-here" : ""}`)
      .attr("x", probabilityLeft)
      .attr("y", ({ i }) => middle(i) - barHeight / 2)
      .attr("height", barHeight)
      .attr("width", ({ p }) => Math.max(1, probabilityScale(p)));

    pointScale(props, scale, x, value, finalProb(row));
  }

  /** The needle on the scales above the rows, with the cell's values over it. */
  function pointScale(
    { view, head: headHeight }: ProfileProps,
    scale: StatisticScale,
    x: (value: number) => number,
    value: number,
    finalProb: number,
  ) {
    const g = headNeedle.g;
    g.selectAll("*").remove();
    const write = (text: string, at: number, anchor: string) =>
      g
        .append("text")
        .attr("class", "needle-value")
        .attr("x", at)
        .attr("y", headHeight - 32)
        .attr("text-anchor", anchor)
        .text(text);
    if (!Number.isNaN(value)) {
      g.append("line")
        .attr("class", "needle-line")
        .attr("x1", x(value))
        .attr("x2", x(value))
        .attr("y1", headHeight - 29)
        .attr("y2", headHeight - 15);
      const inside = Math.max(12, Math.min(width - 12, x(value)));
      write(scale.format(value, view.unit), inside, "middle");
    }
    if (!Number.isNaN(finalProb)) {
      write(probability(finalProb), probabilityLeft + probabilityWidth, "end");
    }
  }

  return {
    update(props) {
      if (!last || !haveSameAxes(last, props)) drawAxes(props);
      last = props;
      drawCurves(props);
    },
    destroy() {
      node.replaceChildren();
    },
  };
}

const probabilityScale = scaleLinear([0, 1], [0, probabilityWidth]);

const haveSameAxes = (a: ProfileProps, b: ProfileProps) =>
  a.rows === b.rows &&
  a.view === b.view &&
  a.colors === b.colors &&
  a.head === b.head &&
  a.places.pitch === b.places.pitch &&
  a.places.afterOutput === b.places.afterOutput &&
  a.reading.model.vocab === b.reading.model.vocab;

/** Each of two curves says its own name, beside it, where they are furthest apart. */
function nameCurves(
  g: Selection<SVGGElement, unknown, null, undefined>,
  all: readonly Series[],
  at: {
    readonly x: (value: number) => number;
    readonly middle: (i: number) => number;
    readonly pitch: number;
    readonly rows: number;
  },
) {
  const { x, middle, pitch, rows } = at;
  const hasValue = all.some(({ points }) => points.some(({ value }) => !Number.isNaN(value)));
  if (!hasValue) {
    g.append("text")
      .attr("class", "none")
      .attr("x", 8)
      .attr("y", middle(Math.min(1, rows - 1)) + 4)
      .text("no next token here");
    return;
  }
  if (all.length < 2 || pitch < roomForNames) return;
  const [first, second] = all;
  const apart = (i: number) => Math.abs(x(first.points[i].value) - x(second.points[i].value));
  // Not beside the first rows, where the needle often is, nor below what a small window shows.
  const best = greatest(range(Math.min(6, rows - 1), Math.min(rows, 22)), apart);
  if (best === undefined || Number.isNaN(apart(best))) return;
  const named = all.map(({ name, points }) => ({ name, end: x(points[best].value) }));
  const sides = nameSides(named, width);
  for (const [at, { name, isOwn }] of all.entries()) {
    const { end } = named[at];
    const isRight = sides[at] === "right";
    g.append("text")
      .attr("class", isOwn ? "halo line-name-lens" : "halo")
      .attr("x", end + (isRight ? 8 : -8))
      .attr("y", middle(best) + 4)
      .attr("text-anchor", isRight ? "start" : "end")
      .text(name);
  }
}
