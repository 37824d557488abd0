/** A place in a drawing, in pixels. */
export type Place = { readonly x: number; readonly y: number };

export type NamedLine = {
  readonly name: string;
  /** From left to right. */
  readonly points: readonly Place[];
  /** Where the name's middle is best; the middle of the room unless given. */
  readonly near?: number;
};

export type Box = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** Between which heights a line runs over one step of the drawing's width; null where it does not. */
type Span = { readonly top: number; readonly bottom: number } | null;

/** Of a letter, and of a line of text above and below its baseline. */
const letter = 6.8;
const ascent = 11;
const descent = 4;
/** Between a line and its name; more where something is in the way. */
const spaces = [5, 12, 20, 28];
/** Pixels of the width that are looked at as one. */
const step = 4;
/** Between two places where a name is tried. */
const stride = 3 * step;
/** How much worse it is to lie on something than to be anywhere else. */
const collisionCost = 1000;

/**
 * Where each line's name stands: close above or below it, clear of every other line and name. Where
 * there is no such place it is the one that least is in the way of.
 *
 * @param room that names stay in
 * @param taken what else is written there
 * @returns for each line where its name begins, on its baseline; null for a line without points
 */
export function lineNames(
  lines: readonly NamedLine[],
  room: Box,
  taken: readonly Box[],
): (Place | null)[] {
  const spans = lines.map(({ points }) => spansOf(points, room));
  const boxes = [...taken];
  return lines.map((line, own) => {
    let best: { box: Box; cost: number } | null = null;
    for (const space of spaces) {
      for (const box of candidates(line, spans[own], room, space)) {
        const cost = space + costOf(box, { line, own, spans, room, boxes });
        if (!best || cost < best.cost) best = { box, cost };
      }
      if (best && best.cost < collisionCost) break;
    }
    if (!best) return null;
    boxes.push(best.box);
    return { x: best.box.left, y: best.box.bottom - descent };
  });
}

/** A line's heights, step by step over the room. */
function spansOf(points: readonly Place[], room: Box): Span[] {
  const spans: Span[] = new Array(Math.ceil((room.right - room.left) / step) + 1).fill(null);
  const add = (i: number, a: number, b: number) => {
    if (i < 0 || i >= spans.length) return;
    const { top, bottom } = spans[i] ?? { top: a, bottom: a };
    spans[i] = { top: Math.min(top, a, b), bottom: Math.max(bottom, a, b) };
  };
  const stepOf = (x: number) => Math.floor((x - room.left) / step);
  for (const [at, b] of points.entries()) {
    const a = points[Math.max(0, at - 1)];
    const heightAt = (x: number) =>
      b.x === a.x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
    add(stepOf(b.x), a.x === b.x ? a.y : b.y, b.y);
    for (let i = stepOf(a.x); i <= stepOf(b.x); ++i) {
      const from = Math.max(a.x, room.left + i * step);
      const to = Math.min(b.x, room.left + (i + 1) * step);
      add(i, heightAt(from), heightAt(to));
    }
  }
  return spans;
}

const stepsUnder = (box: Pick<Box, "left" | "right">, room: Box, spans: readonly Span[]) =>
  spans.slice(
    Math.max(0, Math.floor((box.left - room.left) / step) - 1),
    Math.ceil((box.right - room.left) / step) + 1,
  );

/** Above and below the line, wherever it is. */
function candidates({ name }: NamedLine, spans: readonly Span[], room: Box, space: number): Box[] {
  const width = name.length * letter;
  const length = spans.filter((one) => one !== null).length * step;
  const boxes: Box[] = [];
  for (let left = room.left; left + width <= room.right; left += stride) {
    const under = stepsUnder({ left, right: left + width }, room, spans).filter(
      (one) => one !== null,
    );
    // Too little of the line to be beside, unless the line itself is short, or a point.
    if (under.length === 0 || under.length * step < Math.min(width, length) / 2) continue;
    const bottom = Math.min(...under.map((one) => one.top)) - space;
    const top = Math.max(...under.map((one) => one.bottom)) + space;
    const height = ascent + descent;
    boxes.push({ left, right: left + width, top: bottom - height, bottom });
    boxes.push({ left, right: left + width, top, bottom: top + height });
  }
  return boxes;
}

type Others = {
  readonly line: NamedLine;
  readonly own: number;
  readonly spans: readonly (readonly Span[])[];
  readonly room: Box;
  readonly boxes: readonly Box[];
};

function costOf(box: Box, { line, own, spans, room, boxes }: Others): number {
  const overlaps = boxes.filter((other) => !areApart(box, other)).length;
  const ownUnder = stepsUnder(box, room, spans[own]);
  let crossed = 0;
  let distance = 0;
  const middle = (box.top + box.bottom) / 2;
  for (const [at, all] of spans.entries()) {
    if (at === own) continue;
    for (const [i, other] of stepsUnder(box, room, all).entries()) {
      const isIn = other && other.top < box.bottom + 1 && other.bottom > box.top - 1;
      if (isIn || (other && isBetween(other, middle, ownUnder[i]))) crossed += 1;
    }
  }
  for (const span of ownUnder) {
    if (span) distance += Math.min(Math.abs(span.top - middle), Math.abs(span.bottom - middle));
  }
  const outside = box.top < room.top || box.bottom > room.bottom ? 10 : 0;
  const near = line.near ?? (room.left + room.right) / 2;
  const offCentre = Math.abs((box.left + box.right) / 2 - near);
  // A name a little off its place is as good; one far from its line is not.
  return (
    collisionCost * (overlaps * 10 + crossed + outside) +
    distance / ownUnder.length +
    0.05 * offCentre
  );
}

/** Whether another line runs between a name and its own line, which it would then seem to name. */
function isBetween(other: NonNullable<Span>, middle: number, own: Span): boolean {
  if (!own) return false;
  const at = (other.top + other.bottom) / 2;
  const ownAt = (own.top + own.bottom) / 2;
  return at !== ownAt && (at - middle) * (at - ownAt) < 0;
}

const areApart = (a: Box, b: Box) =>
  a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
