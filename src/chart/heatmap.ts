import { range, select } from "d3";

import { isContinued, isWithoutLens, likeliestAt } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell, View } from "../lens/view";
import { onNextFrame } from "../math/onNextFrame";
import type { CellColors } from "./cellColors";
import { cellName, rowName } from "./cellName";
import { changedColumns } from "./changedColumns";
import type { Chart } from "./chart";
import type { ColumnWindow } from "./layout";
import { shoreOf } from "./shoreline";
import { statisticScale } from "./statisticScale";
import { writeToken } from "./tokenMarks";
import { readable } from "./tokenText";

/** What a frame may spend on cells: as much again goes to style and layout. */
const budgetMs = 7;

/** Texts up to this long need no ellipsis: to clip every cell would cost each frame. */
const shortText = 5;

/** What cells are drawn from; a row is drawn anew when any of it has changed. */
type Source = {
  readonly reading: Reading;
  /** Indices into `reading.rows`, top to bottom; the first is the output row. */
  readonly rows: readonly number[];
  readonly columns: ColumnWindow;
  readonly view: View;
  readonly colors: CellColors;
};

export type HeatmapProps = Source & {
  readonly isBusy: boolean;
  /** The row that is drawn before any other, and at once; an index into `reading.rows`. */
  readonly first?: number;
  readonly here: Cell | null;
  readonly isPinned: boolean;
  /** Every row of the reading is on screen. */
  readonly onDrawn: (reading: Reading) => void;
};

export type Heatmap = Chart<HeatmapProps> & {
  /** While a cell is focused in place of one that is no more: nobody went there. */
  isRestoring(): boolean;
};

const isSame = (a: Source | undefined, b: Source) =>
  a !== undefined &&
  a.reading === b.reading &&
  a.rows === b.rows &&
  a.columns.from === b.columns.from &&
  a.columns.to === b.columns.to &&
  a.view === b.view &&
  a.colors === b.colors;

/** Whether two drawings differ in their columns and in the values of their cells alone. */
const isSameBut = (a: Source, b: Source) =>
  a.rows === b.rows &&
  a.view === b.view &&
  a.colors === b.colors &&
  a.reading.topK.k === b.reading.topK.k &&
  a.reading.rows.length === b.reading.rows.length &&
  a.reading.rows.every((row, i) => row === b.reading.rows[i]);

/**
 * The likeliest token of each layer and position, coloured by a statistic: an ARIA grid (W3C APG) of
 * HTML cells, output on top. Rows follow their reading a few a frame, so that no frame is long, and
 * of a wide reading only the columns near the view are in the page.
 *
 * HTML and not canvas or SVG: the cells are the accessible grid, and the text with its ellipsis is the
 * browser's own. What scrolling costs is in README, "How fast it is".
 */
export function createHeatmap(node: HTMLElement): Heatmap {
  const grid = select(node).attr("role", "grid").attr("aria-label", "Lens reading");
  grid.attr("aria-describedby", "status"); // the sentence that sums the reading up
  const header = grid.append("div").attr("role", "row").attr("class", "row is-header");
  header.attr("aria-rowindex", 1);
  const corner = header.append("div").attr("role", "columnheader").attr("class", "corner");
  corner.attr("aria-colindex", 1).append("small").text("position");
  corner.append("span").text("after");

  let props: HeatmapProps | null = null;
  /** Takes back what the next frame is to draw. */
  let cancel = () => {};
  let headed: Source | undefined;
  let isRestoring = false;
  /** What has changed between two readings: asked once for all rows. */
  let changed: { before: Reading; after: Reading; columns: readonly boolean[] } | null = null;
  const drawn = new Map<HTMLElement, Source>();

  function update(next: HeatmapProps) {
    const before = props?.reading;
    props = next;
    withFocus(() => drawAll(next, before));
  }

  function drawAll(next: HeatmapProps, before: Reading | undefined) {
    const { reading } = next;
    if (before && !isContinued(before, reading)) clear();
    grid
      .attr("aria-rowcount", reading.rows.length + 1)
      .attr("aria-colcount", reading.tokens.length + 1);
    if (!isSame(headed, next)) {
      drawHeader(next);
      drawRowHeads(next);
      headed = next;
    }
    cancel();
    drawRows();
    mark();
  }

  /** The focus stays in the grid, though its cell may go. */
  function withFocus(drawing: () => void) {
    const hadFocus = node.contains(document.activeElement);
    drawing();
    if (!hadFocus || node.contains(document.activeElement)) return;
    isRestoring = true;
    node.querySelector<HTMLElement>('.cell[tabindex="0"]')?.focus({ preventScroll: true });
    isRestoring = false;
  }

  /** Takes the cells of another prompt away at once: its rows would stand among the new ones. */
  function clear() {
    drawn.clear();
    grid.selectAll(".row:not(.is-header) > :not([role=rowheader])").remove();
  }

  function drawHeader({ reading, columns }: Source) {
    header
      .selectAll<HTMLElement, number>(".head")
      .data(range(columns.from, columns.to), String)
      .join((enter) => {
        const head = enter.append("div").attr("role", "columnheader").attr("class", "head");
        head.attr("data-position", String).attr("aria-colindex", (position) => position + 2);
        head.append("small").text(String);
        head.append("span");
        return head;
      })
      .order()
      .each(function (position) {
        const { text } = reading.tokens[position];
        if (this.dataset.text === text) return;
        this.dataset.text = text;
        writeToken(this.lastElementChild as HTMLElement, text);
      });
    hold(header.node()!, columns, reading.tokens.length);
  }

  function drawRowHeads({ reading, rows }: Source) {
    const all = grid
      .selectAll<HTMLElement, number>(".row:not(.is-header)")
      .data(rows, (row) => String(reading.rows[row]))
      .join((enter) => {
        const row = enter.append("div").attr("role", "row");
        row.append("div").attr("role", "rowheader").attr("aria-colindex", 1);
        return row;
      })
      .order()
      .attr("class", (row, i) => {
        if (i === 0) return "row is-output";
        return isWithoutLens(reading, reading.rows[row]) ? "row is-without-lens" : "row";
      })
      .attr("aria-rowindex", (row) => reading.rows.length - row + 1);
    all.each(function (row, i) {
      const name = String(reading.rows[row]);
      const head = select(this.firstElementChild as HTMLElement);
      head.attr("data-row", row).attr("aria-label", rowName(reading.rows[row]));
      // Only the first layer says that it is one.
      head
        .html(i === 1 ? '<span class="unit">layer </span>' : "")
        .append("span")
        .text(name);
      // Over the row's first cells, and with them in view; each cell's own name says it too.
      if (isWithoutLens(reading, reading.rows[row]))
        head.append("span").attr("class", "no-lens").attr("aria-hidden", true).text("no lens here");
    });
    for (const row of drawn.keys()) if (!row.isConnected) drawn.delete(row);
  }

  function drawRows() {
    const source = props!;
    const { rows, first } = source;
    const started = performance.now();
    let count = 0;
    const nodes = grid.selectAll<HTMLElement, number>(".row:not(.is-header)").nodes();
    const order = nodes.map((node, i) => ({ node, i }));
    if (first !== undefined) order.sort((a, b) => +(rows[b.i] === first) - +(rows[a.i] === first));
    for (const { node, i } of order) {
      if (isSame(drawn.get(node), source)) continue;
      if (count++ > 0 && performance.now() - started > budgetMs) {
        grid.attr("aria-busy", true); // rows of two readings stand among one another
        cancel = onNextFrame(() =>
          withFocus(() => {
            drawRows();
            mark();
          }),
        );
        return;
      }
      drawRow(node, i, source);
      drawn.set(node, source);
    }
    grid.attr("aria-busy", source.isBusy);
    source.onDrawn(source.reading);
  }

  function drawRow(node: HTMLElement, i: number, source: Source) {
    const { reading, rows, columns, view, colors } = source;
    const { tokens, texts, topK, statistics } = reading;
    const row = rows[i];
    const hasLens = !isWithoutLens(reading, reading.rows[row]);
    const scale = statisticScale(view.statistic, reading.model.vocab);
    const says = (r: number, position: number) =>
      likeliestAt(reading, rows[r] * tokens.length + position);
    const agrees = (r: number, position: number) =>
      r >= 0 &&
      r < rows.length &&
      position >= 0 &&
      position < tokens.length &&
      says(r, position) >= 0 &&
      says(r, position) === says(0, position);

    const old = select(node)
      .selectAll<HTMLElement, number>(".cell")
      .data(range(columns.from, columns.to), String);
    old.exit().remove();
    const added = old
      .enter()
      .append<HTMLElement>("div")
      .attr("role", "gridcell")
      .attr("tabindex", -1)
      .attr("data-position", String)
      .attr("aria-colindex", (position) => position + 2);
    const all = added.merge(old).order();
    const before = drawn.get(node);
    const isChanged = before ? changes(before, source) : null;
    all
      .filter(function (position) {
        return !isChanged || isChanged[position] || this.dataset.look === undefined;
      })
      .each(function (position) {
        const at = row * tokens.length + position;
        const isComputed = !Number.isNaN(topK.logProbs[at * topK.k]);
        const text = isComputed ? (texts.get(topK.ids[at * topK.k]) ?? "") : "";
        const value = statistics[view.statistic][at];
        const color = Number.isNaN(value) ? null : colors.at(scale.place(value));
        const classes = [
          "cell",
          ...(isComputed || !hasLens ? [] : ["is-waiting"]),
          ...(agrees(i, position) ? ["is-final"] : []),
          ...(readable(text).length > shortText ? ["is-long"] : []),
        ].join(" ");
        const shore = shoreOf(i, position, agrees);
        const name = cellName(reading, { row: reading.rows[row], position }, view);
        // Most cells of a reading that grows stay as they are: touching them costs more than this.
        const look = [row, classes, shore, color?.background, name].join();
        if (this.dataset.look === look) return;
        this.dataset.look = look;
        this.dataset.row = String(row);
        this.dataset.shore = shore;
        this.className = classes;
        this.ariaLabel = name;
        this.style.background = color?.background ?? "";
        this.style.color = color?.text ?? "";
        writeToken(this, text);
      });
    hold(node, columns, tokens.length);
  }

  /** The columns that a row draws anew after another drawing of it; null where that is all of them. */
  function changes(before: Source, after: Source): readonly boolean[] | null {
    if (!isSameBut(before, after)) return null;
    if (changed?.before !== before.reading || changed.after !== after.reading) {
      const columns = changedColumns(before.reading, after.reading, after.view.statistic);
      changed = { before: before.reading, after: after.reading, columns };
    }
    return changed.columns;
  }

  /** Shows where one is: which headers are meant, which cell is the tab stop, which is pinned. */
  function mark() {
    if (!props) return;
    const { reading, rows, columns, here, isPinned } = props;
    const row = here ? reading.rows.indexOf(here.row) : -1;
    const position = here?.position ?? 0;
    for (const old of node.querySelectorAll(".is-here, .is-pinned, [aria-selected]")) {
      old.classList.remove("is-here", "is-pinned");
      old.removeAttribute("aria-selected");
    }
    if (here) {
      node.querySelector(`[role="rowheader"][data-row="${row}"]`)?.classList.add("is-here");
      node.querySelector(`.head[data-position="${position}"]`)?.classList.add("is-here");
    }
    // Of the drawn cells one is always the tab stop, though the cell itself may be far off.
    const stop = cellAt(
      rows.includes(row) ? row : rows[0],
      Math.min(Math.max(position, columns.from), columns.to - 1),
    );
    for (const old of node.querySelectorAll<HTMLElement>('.cell[tabindex="0"]')) {
      if (old !== stop) old.tabIndex = -1;
    }
    if (stop) stop.tabIndex = 0;
    const pinned = isPinned ? cellAt(row, position) : null;
    pinned?.classList.add("is-pinned");
    pinned?.setAttribute("aria-selected", "true");
  }

  const cellAt = (row: number, position: number) =>
    node.querySelector<HTMLElement>(`.cell[data-row="${row}"][data-position="${position}"]`);

  return {
    update,
    isRestoring: () => isRestoring,
    destroy() {
      cancel();
      node.replaceChildren();
    },
  };
}

/** Holds the places of the columns that are not in the page, before and after those that are. */
function hold(row: HTMLElement, { from, to }: ColumnWindow, columns: number) {
  const space = (where: "before" | "after", count: number) => {
    const old = row.querySelector<HTMLElement>(`:scope > .${where}`);
    if (count === 0) return old?.remove();
    const holder = old ?? document.createElement("div");
    if (holder.style.flexGrow === String(count)) return;
    holder.style.flexGrow = String(count);
    if (old) return;
    holder.className = `space ${where}`;
    holder.role = "none";
    if (where === "after") row.append(holder);
    else row.insertBefore(holder, row.children[1] ?? null);
  };
  space("before", from);
  space("after", columns - to);
}
