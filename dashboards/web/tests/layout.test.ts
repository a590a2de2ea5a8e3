import { describe, expect, it } from 'vitest'
import { SpatialIndex } from '@/wall/hit'
import { layoutWall, withoutCity, tileAt, type CityInput, type LayoutOptions } from '@/wall/layout'

/** Cities of institutions of very different sizes, as in a real province. */
function province(total: number, cities = 11): CityInput[] {
  let next = 0
  const out: CityInput[] = []
  for (let c = 0; c < cities; c++) {
    let left = Math.max(1, Math.round((total * 0.4) / (c + 1) ** 1.1))
    const institutions = []
    for (let i = 0; left > 0; i++) {
      const n = Math.min(left, 1 + ((i * 7919 + c * 104729) % 211))
      institutions.push({ institution: out.length * 1000 + i, members: Array.from({ length: n }, () => next++) })
      left -= n
    }
    out.push({ city: c, institutions })
  }
  return out
}

const full: LayoutOptions = {
  width: 1520,
  height: 860,
  cityLabel: 28,
  institutionLabel: 18,
  labelFrom: 72,
  maxPitch: 44,
}
const sizes: [string, number, LayoutOptions][] = [
  ['full HD', 10_000, full],
  ['4K', 10_000, { ...full, width: 3040, height: 1720, cityLabel: 56, institutionLabel: 36, labelFrom: 144 }],
  ['phone', 10_000, { ...full, width: 672, height: 4500 }],
  ['one instrument', 1, full],
  ['a dozen', 12, full],
  ['100,000', 100_000, full],
]

describe.each(sizes)('wall layout, %s', (_, total, options) => {
  const input = province(total)
  const layout = layoutWall(input, options)
  const tiles = layout.blocks.flatMap((b) => b.members.map((tile, k) => ({ tile, b, ...tileAt(b, k) })))

  it('gives every tile exactly one slot', () => {
    const wanted = input.flatMap((c) => c.institutions.flatMap((i) => i.members))
    expect(tiles.map((t) => t.tile).sort((a, b) => a - b)).toEqual([...wanted].sort((a, b) => a - b))
    expect(new Set(tiles.map((t) => `${t.x},${t.y}`)).size).toBe(tiles.length)
  })

  it('keeps every tile inside its block, below the label, and every block inside its city and the wall', () => {
    const inside = ({ b, x, y }: (typeof tiles)[number]) =>
      x >= b.rect.x &&
      y >= b.rect.y + (b.label?.h ?? 0) &&
      x + b.pitch <= b.rect.x + b.rect.w + 1 &&
      y + b.pitch <= b.rect.y + b.rect.h + 1
    expect(tiles.filter((tile) => !inside(tile))).toEqual([])
    for (const b of layout.blocks) {
      const city = layout.cities.find((c) => c.city === b.city)!
      expect(b.rect.y).toBeGreaterThanOrEqual(city.rect.y + city.label.h)
      expect(b.rect.x + b.rect.w).toBeLessThanOrEqual(city.rect.x + city.rect.w + 2)
      expect(b.rect.y + b.rect.h).toBeLessThanOrEqual(city.rect.y + city.rect.h + 2)
      expect(b.rect.x + b.rect.w).toBeLessThanOrEqual(options.width + 1)
      expect(b.rect.y + b.rect.h).toBeLessThanOrEqual(options.height + 1)
    }
  })

  it('lets no two blocks overlap', () => {
    const blocks = layout.blocks
    for (let i = 0; i < blocks.length; i++) {
      for (let k = i + 1; k < blocks.length; k++) {
        const a = blocks[i]!.rect
        const b = blocks[k]!.rect
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        if (!apart) expect.fail(`blocks ${i} and ${k} overlap`)
      }
    }
  })

  it('finds each tile again under its middle', () => {
    const index = new SpatialIndex(layout, options.width)
    for (const t of tiles) expect(index.at(t.x + t.b.pitch / 2, t.y + t.b.pitch / 2).tile).toBe(t.tile)
  })
})

describe('wall layout', () => {
  it('has nothing to lay out without instruments', () => {
    expect(layoutWall([], full)).toEqual({ cities: [], blocks: [], pitch: 0 })
    expect(layoutWall([{ city: 0, institutions: [{ institution: 0, members: [] }] }], full).blocks).toEqual([])
  })

  it('shows ten thousand tiles on full HD large enough for a glyph', () => {
    expect(layoutWall(province(10_000), full).pitch).toBeGreaterThanOrEqual(8)
  })

  it('knows a heading from a block', () => {
    const layout = layoutWall(province(500), full)
    const city = layout.cities[0]!
    const hit = new SpatialIndex(layout, full.width).at(city.label.x + 5, city.label.y + 5)
    expect(hit).toMatchObject({ tile: -1, city: city.city, heading: true })
  })
})

describe('a short name', () => {
  it('leaves the city out that stands above it', () => {
    expect(withoutCity('杭州理工大学', '杭州市')).toBe('理工大学')
    expect(withoutCity('Hangzhou University of Technology', 'Hangzhou')).toBe('University of Technology')
    expect(withoutCity('浙江大学', '杭州市')).toBe('浙江大学')
    expect(withoutCity('杭州', '杭州市')).toBe('杭州')
  })
})
