import { select } from "d3";

import type { Reading } from "../lens/reading";
import { type Cell, drawnRows, type View } from "../lens/view";
import type { CellColors } from "./cellColors";
import type { Chart } from "./chart";
import { move } from "./gridKeys";
import { createHeatmap } from "./heatmap";
import { createHiddenBand } from "./hiddenBand";
import { type ColumnWindow, columnWidth, columnWindow, rowTop } from "./layout";
import { createProfile } from "./profile";

export type FigureProps = {
  readonly reading: Reading;
  /** The logit lens's reading of the same cells; null where it is not there, or is `reading`. */
  readonly logit: Reading | null;
  readonly view: View;
  readonly colors: CellColors;
  readonly isBusy: boolean;
  readonly here: Cell | null;
  readonly isPinned: boolean;
  readonly onPoint: (cell: Cell) => void;
  readonly onPin: (isPinned: boolean) => void;
  /** Enter: what the cell holds is to be read. */
  readonly onOpen: () => void;
  readonly onShowAll: () => void;
  readonly onDrawn: (reading: Reading) => void;
};

/** The page's own lengths in pixels, which its stylesheets change with the window. */
type Sizes = {
  readonly width: number;
  readonly gutter: number;
  /** 0 on a phone, which has no room for it. */
  readonly profile: number;
  readonly min: number;
  readonly max: number;
  readonly row: number;
  readonly head: number;
};

/** Room under the output row, which has no lens; more where a band says that layers are hidden. */
const afterOutput = { plain: 6, band: 28 };

/**
 * The heatmap with its profile in one scroller, and what moves over them: crosshair, pointer, keys.
 *
 * @param scroller an element that scrolls, empty
 */
export function createFigure(scroller: HTMLElement): Chart<FigureProps> {
  const plane = select(scroller).append("div").attr("class", "plane");
  const gridNode = plane.append("div").attr("class", "grid").node()!;
  const bandNode = plane.append("div").attr("class", "band").node()!;
  const profileNode = plane
    .append("div")
    .attr("class", "profile")
    .attr("aria-hidden", "true")
    .node()!;
  const across = plane.append("i").attr("class", "cross across").attr("aria-hidden", "true");
  const down = plane.append("i").attr("class", "cross down").attr("aria-hidden", "true");
  const heatmap = createHeatmap(gridNode);
  const band = createHiddenBand(bandNode);
  const profile = createProfile(profileNode);

  let props: FigureProps | null = null;
  let rows: readonly number[] = [];
  let columns: ColumnWindow = { from: 0, to: 0 };
  /** Where the scroller stands; asking it would lay the page out each time. */
  let left = 0;
  /** The cell that pointer or keys went to: it is in view, or is brought there by the key itself. */
  let own: Cell | null = null;

  const pixels = (name: string) =>
    Number.parseFloat(getComputedStyle(scroller).getPropertyValue(name)) || 0;
  let sizes: Sizes | null = null;

  function measure(): Sizes {
    return {
      width: scroller.clientWidth,
      gutter: pixels("--gutter"),
      profile: profileNode.offsetWidth,
      min: pixels("--column-min"),
      max: pixels("--column-max"),
      row: pixels("--row"),
      head: pixels("--head"),
    };
  }

  const roomForColumns = () => Math.max(1, sizes!.width - sizes!.gutter - sizes!.profile);
  const column = () => columnWidth(roomForColumns(), props!.reading.tokens.length, sizes!);
  const places = () => ({
    pitch: sizes!.row,
    afterOutput: bandNode.hidden ? afterOutput.plain : afterOutput.band,
  });

  function update(next: FigureProps) {
    const before = props;
    props = next;
    // Now, though it lays the page out: what an observer draws later counts as a shift of the page.
    sizes ??= measure();
    const { reading, view, here } = next;
    if (before?.reading.rows.length !== reading.rows.length || before.view.stride !== view.stride) {
      rows = drawnRows(reading.rows.length, view.stride);
      band.update({
        hidden: reading.rows.length - rows.length,
        stride: view.stride,
        onShowAll() {
          next.onShowAll();
          scroller.focus(); // the button that had the focus is gone
        },
      });
    }
    if (before?.reading.tokens.length !== reading.tokens.length || before.view !== view) lay();
    const isBrought = here !== null && here !== before?.here && here !== own;
    own = null;
    if (isBrought) reveal(here.position);
    columns = visibleColumns();
    draw(isBrought ? here : null);
    if (isBrought) scroll();
    if (isBrought && next.isPinned) bringIntoView(here); // a link's cell
  }

  /** Gives the columns their width. */
  function lay() {
    if (!props) return;
    const { pitch, afterOutput } = places();
    gridNode.style.width = `${sizes!.gutter + props.reading.tokens.length * column()}px`;
    gridNode.style.minHeight = `${sizes!.head + rowTop(rows.length - 1, { pitch, afterOutput }) + pitch}px`;
    plane.style("--after-output", `${afterOutput}px`);
  }

  function visibleColumns(): ColumnWindow {
    const { tokens, rows: all } = props!.reading;
    const width = column();
    const from = Math.floor(left / width);
    const to = Math.ceil((left + roomForColumns()) / width);
    return columnWindow({ columns: tokens.length, rows: all.length }, { from, to });
  }

  /** @param first the cell whose row is drawn at once */
  function draw(first: Cell | null = null) {
    const { reading, view, colors, isBusy, here, isPinned, onDrawn } = props!;
    heatmap.update({
      reading,
      rows,
      columns,
      view,
      colors,
      isBusy,
      first: first ? reading.rows.indexOf(first.row) : undefined,
      here,
      isPinned,
      onDrawn,
    });
    drawCross();
    const row = here ? reading.rows.indexOf(here.row) : -1;
    if (sizes!.profile === 0) return; // a phone has no room for it
    profile.update({
      reading,
      logit: props!.logit,
      rows,
      view,
      colors,
      places: places(),
      head: sizes!.head,
      row,
      position: Math.min(here?.position ?? 0, reading.tokens.length - 1),
    });
  }

  function drawCross() {
    const { reading, here } = props!;
    const i = here ? rows.indexOf(reading.rows.indexOf(here.row)) : -1;
    const isPointing = i >= 0 && here !== null && here.position < reading.tokens.length;
    plane.classed("is-pointing", isPointing);
    if (!isPointing) return;
    across.style("top", `${sizes!.head + rowTop(i, places())}px`);
    down.style("left", `${sizes!.gutter + here.position * column()}px`);
    down.style("width", `${column()}px`);
  }

  /** Where the scroller is to stand, so that a column is in view; `scroll` takes it there. */
  function reveal(position: number) {
    const width = column();
    const room = roomForColumns();
    const most = position * width;
    const least = most + width - room;
    const end = Math.max(0, props!.reading.tokens.length * width - room);
    left = Math.min(Math.max(left, least), most, end);
  }

  /** After what is drawn there: to scroll lays the page out, and so does to ask. */
  function scroll() {
    const isOverflowing = props!.reading.tokens.length * column() > roomForColumns() + 1;
    if (!isOverflowing) return;
    if (Math.abs(scroller.scrollLeft - left) > 0.5) scroller.scrollLeft = left;
  }

  function cellOf(target: EventTarget | null): Cell | null {
    const cell = target instanceof Element ? target.closest<HTMLElement>(".cell") : null;
    if (!cell || !props) return null;
    return {
      row: props.reading.rows[Number(cell.dataset.row)],
      position: Number(cell.dataset.position),
    };
  }

  const isHere = (cell: Cell) =>
    props?.here?.row === cell.row && props.here.position === cell.position;

  function point(cell: Cell) {
    if (isHere(cell)) return;
    own = cell;
    props!.onPoint(cell);
  }

  function onPointerMove(event: PointerEvent) {
    const cell = event.pointerType === "touch" ? null : cellOf(event.target);
    if (cell && !props!.isPinned) point(cell);
  }

  function onClick(event: MouseEvent) {
    const cell = cellOf(event.target);
    if (!cell) return;
    const isSame = props!.isPinned && isHere(cell);
    point(cell);
    props!.onPin(!isSame);
  }

  function onFocus(event: FocusEvent) {
    const cell = heatmap.isRestoring() ? null : cellOf(event.target);
    if (cell && !props!.isPinned) point(cell);
  }

  function onKeyDown(event: KeyboardEvent) {
    const cell = cellOf(event.target);
    if (!cell || !props || event.altKey) return;
    if (isAction(event.key) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      point(cell);
      if (event.key === "Enter") props.onOpen();
      else props.onPin(event.key === "p" && !props.isPinned);
      return;
    }
    const place = {
      row: rows.indexOf(props.reading.rows.indexOf(cell.row)),
      column: cell.position,
    };
    const next = move(place, event, { rows: rows.length, columns: props.reading.tokens.length });
    if (!next) return;
    event.preventDefault();
    go({ row: props.reading.rows[rows[next.row]], position: next.column });
  }

  /** The focus goes to a cell, wherever it is. */
  function go(cell: Cell) {
    reveal(cell.position);
    columns = visibleColumns();
    draw(cell);
    scroll();
    point(cell);
    nodeOf(cell)?.focus({ preventScroll: true });
    bringIntoView(cell);
  }

  function nodeOf({ row, position }: Cell) {
    const index = props!.reading.rows.indexOf(row);
    return gridNode.querySelector<HTMLElement>(
      `.cell[data-row="${index}"][data-position="${position}"]`,
    );
  }

  const bringIntoView = (cell: Cell) =>
    nodeOf(cell)?.scrollIntoView({ block: "nearest", inline: "nearest" });

  /** The columns in the page go with the view. */
  function onScroll() {
    left = scroller.scrollLeft;
    if (!props || !sizes) return;
    const next = visibleColumns();
    if (next.from === columns.from && next.to === columns.to) return;
    columns = next;
    draw();
  }

  /** A sideways scroll ends on a whole column: CSS snapping would undo the scroll that follows the focus. */
  function onScrollEnd() {
    if (!props || !sizes) return;
    const width = column();
    const whole = Math.round(left / width) * width;
    if (Math.abs(whole - left) > 1) scroller.scrollTo({ left: whole });
  }

  const observer = new ResizeObserver(() => {
    if (!props || scroller.clientWidth === 0) return; // another tab is in front
    const before = sizes;
    sizes = measure();
    if (before && isSameSizes(before, sizes)) return;
    lay();
    columns = visibleColumns();
    draw();
  });
  observer.observe(scroller);

  const listened = new AbortController();
  const options = { signal: listened.signal };
  gridNode.addEventListener("pointermove", onPointerMove, options);
  gridNode.addEventListener("click", onClick, options);
  gridNode.addEventListener("focusin", onFocus, options);
  gridNode.addEventListener("keydown", onKeyDown, options);
  scroller.addEventListener("scroll", onScroll, { ...options, passive: true });
  scroller.addEventListener("scrollend", onScrollEnd, options);

  return {
    update,
    destroy() {
      listened.abort();
      observer.disconnect();
      heatmap.destroy();
      band.destroy();
      profile.destroy();
      plane.remove();
    },
  };
}

const isAction = (key: string) => key === "p" || key === "Escape" || key === "Enter";

const isSameSizes = (a: Sizes, b: Sizes) =>
  (Object.keys(a) as (keyof Sizes)[]).every((name) => a[name] === b[name]);
