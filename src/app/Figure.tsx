import { useCallback, useLayoutEffect, useState } from "react";

import type { Chart } from "../chart/chart";
import { createFigure } from "../chart/figure";
import { createLegend } from "../chart/legend";
import { createOverview, type OverviewProps } from "../chart/overview";
import { nameWithUnit, statisticScale } from "../chart/statisticScale";
import type { Reading } from "../lens/reading";
import { useReading, useView } from "./stores";
import { useChart } from "./useChart";
import { useColors } from "./useColors";

type Props = {
  readonly reading: Reading;
  /** Enter was pressed in a cell. */
  readonly onOpen: () => void;
};

/** The heatmap with its profile, the strip over it, and, on a phone, its legend. */
export function Figure({ reading, onOpen }: Props) {
  const logit = useReading((state) => state.logit);
  const drew = useReading((state) => state.drew);
  const isBusy = useReading((state) => state.progress.status === "reading");
  const view = useView((state) => state.view);
  const here = useView((state) => state.here);
  const isPinned = useView((state) => state.isPinned);
  const point = useView((state) => state.point);
  const pin = useView((state) => state.pin);
  const look = useView((state) => state.look);
  const colors = useColors();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);

  const figure = useChart(createFigure, {
    reading,
    logit: reading.lens.kind === "logit" ? null : logit,
    view,
    colors,
    isBusy,
    here,
    isPinned,
    onPoint: point,
    onPin: pin,
    onOpen,
    onShowAll: () => look({ stride: 1 }),
    onDrawn: drew,
  });
  useLayoutEffect(() => setScroller(figure.current), [figure]);
  return (
    <>
      {scroller && <Overview scroller={scroller} reading={reading} view={view} colors={colors} />}
      <Legend reading={reading} />
      <div className="figure" id="reading" tabIndex={-1} ref={figure} />
    </>
  );
}

function Overview({ scroller, ...props }: OverviewProps & { scroller: HTMLElement }) {
  const create = useCallback(
    (node: HTMLElement): Chart<OverviewProps> => createOverview(node, scroller),
    [scroller],
  );
  return <div className="overview" aria-hidden="true" ref={useChart(create, props)} />;
}

function Legend({ reading }: { reading: Reading }) {
  const view = useView((state) => state.view);
  const here = useView((state) => state.here);
  const colors = useColors();
  const scale = statisticScale(view.statistic, reading.model.vocab);
  const bar = useChart(createLegend, { reading, view, here, colors });
  return (
    <div className="legend" aria-hidden="true">
      <p>
        <b>{nameWithUnit(scale, view.unit)}</b>
        <span>{scale.note}</span>
      </p>
      <div ref={bar} />
    </div>
  );
}
