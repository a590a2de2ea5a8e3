import type { Block, WallLayout } from './layout'
import type { Rect } from './squarify'

export interface Hit {
  /** Fleet index of the instrument under the point, or -1. */
  tile: number
  block: Block | null
  /** City whose block is under the point, or -1; `heading` says that it is its label. */
  city: number
  heading: boolean
}

const CELL = 64

/**
 * Answers what lies under a point: a coarse grid names the few blocks near it, and inside a block the tile follows
 * from arithmetic, so a mouse move costs the same with a hundred instruments as with a hundred thousand.
 */
export class SpatialIndex {
  private readonly columns: number
  private readonly cells = new Map<number, Block[]>()

  constructor(
    private readonly layout: WallLayout,
    width: number,
  ) {
    this.columns = Math.ceil(width / CELL) + 1
    for (const block of layout.blocks) {
      const { x, y, w, h } = block.rect
      for (let cy = Math.floor(y / CELL); cy <= Math.floor((y + h) / CELL); cy++) {
        for (let cx = Math.floor(x / CELL); cx <= Math.floor((x + w) / CELL); cx++) {
          const key = cy * this.columns + cx
          const cell = this.cells.get(key)
          if (cell) cell.push(block)
          else this.cells.set(key, [block])
        }
      }
    }
  }

  at(x: number, y: number): Hit {
    const cell = this.cells.get(Math.floor(y / CELL) * this.columns + Math.floor(x / CELL))
    const block = cell?.find((b) => inside(b.rect, x, y))
    if (block) return { tile: tileUnder(block, x, y), block, city: block.city, heading: false }
    const city = this.layout.cities.find((c) => inside(c.rect, x, y))
    return { tile: -1, block: null, city: city?.city ?? -1, heading: !!city && inside(city.label, x, y) }
  }
}

function inside(r: Rect, x: number, y: number): boolean {
  return x >= r.x && y >= r.y && x < r.x + r.w && y < r.y + r.h
}

function tileUnder(block: Block, x: number, y: number): number {
  const column = Math.floor((x - block.x) / block.pitch)
  const row = Math.floor((y - block.y) / block.pitch)
  if (column < 0 || row < 0 || column >= block.columns) return -1
  return block.members[row * block.columns + column] ?? -1
}
