export interface Rect {
  x: number
  y: number
  w: number
  h: number
}

/**
 * Squarified treemap (Bruls, Huizing, van Wijk 2000): one rectangle for each weight, areas in proportion to the
 * weights, together filling `box`, as square as the row-wise method gets them. The result is in the order of `weights`;
 * a weight of zero or less gets an empty rectangle.
 */
export function squarify(weights: readonly number[], box: Rect): Rect[] {
  const out: Rect[] = weights.map(() => ({ x: box.x, y: box.y, w: 0, h: 0 }))
  const order = weights.map((_, i) => i).filter((i) => weights[i]! > 0)
  order.sort((a, b) => weights[b]! - weights[a]! || a - b)
  const total = order.reduce((sum, i) => sum + weights[i]!, 0)
  if (total === 0 || box.w <= 0 || box.h <= 0) return out
  const scale = (box.w * box.h) / total
  const free = { ...box }

  let start = 0
  while (start < order.length) {
    const side = Math.min(free.w, free.h)
    let end = start
    let area = 0
    let worst = Infinity
    while (end < order.length) {
      const next = area + weights[order[end]!]! * scale
      const ratio = worstRatio(weights[order[start]!]! * scale, weights[order[end]!]! * scale, next, side)
      if (ratio > worst) break
      worst = ratio
      area = next
      end++
    }
    placeRow(order.slice(start, end), area, free, weights, scale, out)
    start = end
  }
  return out
}

/** The worst aspect ratio in a row whose largest and smallest areas and sum are known. */
function worstRatio(largest: number, smallest: number, sum: number, side: number): number {
  const s2 = sum * sum
  const side2 = side * side
  return Math.max((side2 * largest) / s2, s2 / (side2 * smallest))
}

/** Lays one row along the shorter side of what is free, and takes it away from there. */
function placeRow(row: number[], area: number, free: Rect, weights: readonly number[], scale: number, out: Rect[]): void {
  const upright = free.w >= free.h
  const thickness = area / (upright ? free.h : free.w)
  let at = upright ? free.y : free.x
  for (const i of row) {
    const length = (weights[i]! * scale) / thickness
    out[i] = upright
      ? { x: free.x, y: at, w: thickness, h: length }
      : { x: at, y: free.y, w: length, h: thickness }
    at += length
  }
  if (upright) {
    free.x += thickness
    free.w -= thickness
  } else {
    free.y += thickness
    free.h -= thickness
  }
}
