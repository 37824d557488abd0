import type { Reading } from "../lens/reading";
import { type Cell, drawnRows, type View } from "../lens/view";
import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { createProfile } from "./profile";

export type CurvesProps = {
  readonly reading: Reading;
  readonly logit: Reading | null;
  readonly view: View;
  readonly colors: CellColors;
  readonly here: Cell;
};

/** A phone's rows have no room beside them: there the curves stand by themselves, small. */
const places = { pitch: 8, afterOutput: 4 };
const head = 44;

/** A column's curves by themselves, for the sheet of a phone; draws nothing while it is hidden. */
export function createCurves(node: HTMLElement): Chart<CurvesProps> {
  const profile = createProfile(node);
  let props: CurvesProps | null = null;
  let isShown = false;
  /** Kept, so that the profile sees that it is the same. */
  let rows: readonly number[] = [];

  function draw() {
    if (!props || !isShown) return;
    const { reading, logit, view, colors, here } = props;
    const next = drawnRows(reading.rows.length, view.stride);
    if (next.join() !== rows.join()) rows = next;
    profile.update({
      reading,
      logit,
      rows,
      view,
      colors,
      places,
      head,
      row: reading.rows.indexOf(here.row),
      position: here.position,
    });
  }

  const observer = new ResizeObserver(([{ contentRect }]) => {
    isShown = contentRect.width > 0;
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
      profile.destroy();
    },
  };
}
