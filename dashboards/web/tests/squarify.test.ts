import { describe, expect, it } from 'vitest'
import { squarify, type Rect } from '@/wall/squarify'

const box: Rect = { x: 10, y: 20, w: 600, h: 400 }
const cases: number[][] = [
  [6, 6, 4, 3, 2, 2, 1],
  [1],
  [3600, 1700, 1000, 700, 700, 600, 500, 450, 300, 250, 200],
  Array.from({ length: 200 }, (_, i) => 1 + ((i * 7919) % 997)),
  [1000, 1, 1, 1],
]

describe.each(cases.map((c) => [c.length, c] as const))('squarify of %i weights', (_, weights) => {
  const rects = squarify(weights, box)
  const total = weights.reduce((a, b) => a + b, 0)

  it('makes areas proportional to the weights', () => {
    rects.forEach((r, i) => expect(r.w * r.h).toBeCloseTo((weights[i]! / total) * box.w * box.h, 3))
  })

  it('stays inside the box', () => {
    for (const r of rects) {
      expect(r.x).toBeGreaterThanOrEqual(box.x - 1e-6)
      expect(r.y).toBeGreaterThanOrEqual(box.y - 1e-6)
      expect(r.x + r.w).toBeLessThanOrEqual(box.x + box.w + 1e-6)
      expect(r.y + r.h).toBeLessThanOrEqual(box.y + box.h + 1e-6)
    }
  })

  it('lets no two rectangles overlap', () => {
    for (let i = 0; i < rects.length; i++) {
      for (let k = i + 1; k < rects.length; k++) {
        const a = rects[i]!
        const b = rects[k]!
        const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
        const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
        if (w > 1e-6 && h > 1e-6) expect.fail(`${i} and ${k} overlap`)
      }
    }
  })
})

describe('squarify', () => {
  it('gives the rectangles of the original paper squarish shapes', () => {
    const worst = squarify(cases[0]!, { x: 0, y: 0, w: 6, h: 4 }).map((r) => Math.max(r.w / r.h, r.h / r.w))
    expect(Math.max(...worst)).toBeLessThan(3)
  })

  it('gives nothing to weights of zero, and nothing at all to an empty box', () => {
    expect(squarify([0, 2], box)[0]).toMatchObject({ w: 0, h: 0 })
    expect(squarify([1, 2], { x: 0, y: 0, w: 0, h: 5 })).toEqual([
      { x: 0, y: 0, w: 0, h: 0 },
      { x: 0, y: 0, w: 0, h: 0 },
    ])
  })
})
