import type { Rect } from './squarify'

/** Space around a block's tiles, device pixels. */
export const PAD = 1
/** Space between neighbouring blocks. */
export const GAP = 2
/** A shelf's blocks grow by at most this part to fill its width. */
const MAX_STRETCH = 0.4

export interface ShelfOptions {
  pitch: number
  /** Height of a label, and the width from which a block gets one. */
  label: number
  labelFrom: number
}

/** Where one group of `n` tiles goes: its rectangle, its label's height, and its tiles a row. */
export interface Slot {
  rect: Rect
  label: number
  columns: number
}

interface Shelf {
  first: number
  end: number
  rows: number
  label: number
  used: number
}

/**
 * Packs groups of equal tiles into a width as shelves of squarish blocks, largest first. A plain treemap gives a small
 * group a rectangle of the right area but often of a shape that its tiles do not fit; here each block is cut to whole
 * tiles, so far larger tiles fit the same wall.
 * Returns the slots in the order of `sizes`, and the height that they need.
 */
export function packShelves(sizes: readonly number[], box: Rect, o: ShelfOptions): { slots: Slot[]; height: number } {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b)
  const shelves: Shelf[] = []
  let height = 0
  for (let first = 0; first < order.length; ) {
    const shelf = bestShelf(order, sizes, first, box.w, o)
    shelves.push(shelf)
    height += shelfHeight(shelf, o)
    first = shelf.end
  }
  return { slots: place(order, sizes, shelves, box, Math.max(0, box.h - height), o), height }
}

function blockWidth(n: number, rows: number, o: ShelfOptions): number {
  return Math.ceil(n / rows) * o.pitch + 2 * PAD + GAP
}

function shelfHeight(shelf: Shelf, o: ShelfOptions): number {
  return shelf.rows * o.pitch + shelf.label + 2 * PAD + GAP
}

/** Tries every sensible number of tile rows for the next shelf, and keeps the one that wastes least and looks squarest. */
function bestShelf(order: readonly number[], sizes: readonly number[], first: number, width: number, o: ShelfOptions): Shelf {
  const n = sizes[order[first]!]!
  const widest = Math.max(1, Math.floor((width - 2 * PAD - GAP) / o.pitch))
  const fewest = Math.max(1, Math.ceil(n / widest))
  const most = Math.max(fewest, Math.ceil(Math.sqrt(n) * 1.6))
  let best: Shelf | null = null
  let bestScore = -Infinity
  for (let rows = fewest; rows <= most; rows++) {
    const head = blockWidth(n, rows, o)
    const label = head - GAP >= o.labelFrom ? o.label : 0
    let used = 0
    let tiles = 0
    let end = first
    while (end < order.length) {
      const size = sizes[order[end]!]!
      const w = blockWidth(size, rows, o)
      if (used + w > width && end > first) break
      used += w
      tiles += size
      end++
    }
    const shelf = { first, end, rows, label, used }
    const fill = (tiles * o.pitch * o.pitch) / (width * shelfHeight(shelf, o))
    const aspect = head / shelfHeight(shelf, o)
    // The last shelf is not punished for an end that nothing can fill.
    const score = (end === order.length ? Math.max(fill, 0.7) : fill) - 0.06 * Math.abs(Math.log2(aspect))
    if (score > bestScore) {
      bestScore = score
      best = shelf
    }
  }
  return best!
}

/**
 * Gives each block its rectangle. What is left over of the height goes to the shelves in proportion, what is left of a
 * shelf's width to its blocks, but not so much that a block of five looks like one of fifty.
 */
function place(
  order: readonly number[],
  sizes: readonly number[],
  shelves: Shelf[],
  box: Rect,
  spare: number,
  o: ShelfOptions,
): Slot[] {
  const slots = new Array<Slot>(sizes.length)
  const total = shelves.reduce((h, shelf) => h + shelfHeight(shelf, o), 0)
  let y = box.y
  let sum = 0
  for (const shelf of shelves) {
    sum += shelfHeight(shelf, o)
    const bottom = box.y + sum + Math.floor((spare * sum) / total)
    const count = shelf.end - shelf.first
    const free = Math.floor(Math.min(Math.max(0, box.w - shelf.used), shelf.used * MAX_STRETCH))
    let x = box.x
    for (let k = 0; k < count; k++) {
      const i = order[shelf.first + k]!
      const w = blockWidth(sizes[i]!, shelf.rows, o) + shareOf(free, k, count)
      const rect = { x, y, w: w - GAP, h: bottom - y - GAP }
      const columns = Math.max(1, Math.floor((rect.w - 2 * PAD) / o.pitch))
      slots[i] = { rect, label: rect.w >= o.labelFrom ? shelf.label : 0, columns }
      x += w
    }
    y = bottom
  }
  return slots
}

/** Part `k` of `n` nearly equal whole parts of `total`. */
function shareOf(total: number, k: number, n: number): number {
  return Math.floor((total * (k + 1)) / n) - Math.floor((total * k) / n)
}
