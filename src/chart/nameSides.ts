/** A curve's name, and where in its row the curve is, in pixels. */
type Named = { readonly name: string; readonly end: number };
type Side = "left" | "right";

/** Pixels between a curve and its name, and about of a letter. */
const space = 8;
const letter = 6;
/** Right of an axis there is room for a name that begins so far before its end. */
const overhang = 40;

const roomOf = ({ name }: Named) => space + letter * name.length;

/**
 * On which side of its curve each of two names stands: on the right while the axis has room, and the
 * first curve's on the left where it would run into the second curve or its name.
 *
 * @param width of the axis, in pixels
 */
export function nameSides(curves: readonly Named[], width: number): Side[] {
  const sides = curves.map(({ end }): Side => (end < width - overhang ? "right" : "left"));
  const first = curves[0].end <= curves[1].end ? 0 : 1;
  const second = 1 - first;
  const taken = sides[second] === "left" ? roomOf(curves[second]) : 0;
  const free = curves[second].end - taken - curves[first].end;
  const room = roomOf(curves[first]);
  if (free < room && curves[first].end >= room) sides[first] = "left";
  return sides;
}
