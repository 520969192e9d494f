/** The line from one tile to another: out of the side that faces the other, bent a little upwards. */

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** As the `d` of an SVG path, in pixels from the corner of `frame`. */
export function arc(from: Box, to: Box, frame: Box): string {
  const isRightwards = to.left >= from.right;
  const isBeside = isRightwards || to.right <= from.left;
  const startX = (isRightwards || !isBeside ? from.right : from.left) - frame.left;
  const endX = (isBeside && isRightwards ? to.left : to.right) - frame.left;
  const startY = (from.top + from.bottom) / 2 - frame.top;
  const endY = (to.top + to.bottom) / 2 - frame.top;
  // One above the other, as on a narrow page: both ends on the right, the bend outside.
  const bend = isBeside ? Math.abs(endX - startX) / 2 : 28;
  const direction = isBeside && !isRightwards ? -1 : 1;
  const first = startX + bend * direction;
  const second = isBeside ? endX - bend * direction : endX + bend;
  return `M${round(startX)} ${round(startY)} C${round(first)} ${round(startY)} ${round(second)} ${round(endY)} ${round(endX)} ${round(endY)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
