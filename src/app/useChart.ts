import { useLayoutEffect, useRef } from "react";

import type { Chart } from "../chart/chart";

/**
 * Mounts a chart on the element that the returned ref is given to, and redraws it as props change,
 * before the browser paints.
 *
 * @param create the same function each time, or the chart is made anew
 */
export function useChart<Props>(create: (element: HTMLDivElement) => Chart<Props>, props: Props) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart<Props>>(null);
  useLayoutEffect(() => {
    if (!element.current) return;
    chart.current = create(element.current);
    return () => chart.current?.destroy();
  }, [create]);
  useLayoutEffect(() => chart.current?.update(props));
  return element;
}
