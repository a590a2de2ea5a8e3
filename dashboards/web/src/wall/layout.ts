import { packShelves, PAD, type Slot } from './shelves'
import { squarify, type Rect } from './squarify'

/** What is to be laid out: cities of institutions of instruments, all by their index in the fleet. */
export interface CityInput {
  city: number
  institutions: { institution: number; members: readonly number[] }[]
}

export interface LayoutOptions {
  width: number
  height: number
  /** Height of a city's heading and of an institution's label, device pixels. */
  cityLabel: number
  institutionLabel: number
  /** An institution narrower than this gets no label. */
  labelFrom: number
  maxPitch: number
}

export interface Block {
  institution: number
  city: number
  rect: Rect
  label: Rect | null
  /** Top left corner of the first tile, distance between tiles, and tiles a row. */
  x: number
  y: number
  pitch: number
  columns: number
  members: readonly number[]
}

export interface CityBlock {
  city: number
  rect: Rect
  label: Rect
  total: number
}

export interface WallLayout {
  cities: CityBlock[]
  blocks: Block[]
  /** Distance between tiles, the same on the whole wall. */
  pitch: number
}

const CITY_GAP = 4
/** Rounds of moving area from cities with room to cities without, for one tile size. */
const ROUNDS = 14

/**
 * Finds the largest tile for which every instrument has a slot: cities are a squarified treemap, their institutions
 * shelves of whole tiles inside. Cities that come out too small get more weight until all fit, or the tile shrinks.
 * Everything is in whole device pixels, so that tiles are crisp.
 */
export function layoutWall(input: CityInput[], options: LayoutOptions): WallLayout {
  const cities = input
    .map((c) => ({ ...c, institutions: c.institutions.filter((i) => i.members.length > 0) }))
    .filter((c) => c.institutions.length > 0)
  const total = cities.reduce((n, c) => n + tilesOf(c), 0)
  if (total === 0) return { cities: [], blocks: [], pitch: 0 }
  const ideal = Math.floor(Math.sqrt((options.width * options.height) / total))
  for (let pitch = Math.max(1, Math.min(ideal, options.maxPitch)); ; pitch--) {
    const layout = attempt(cities, options, pitch)
    if (layout) return layout
  }
}

function tilesOf(c: CityInput): number {
  return c.institutions.reduce((n, i) => n + i.members.length, 0)
}

function attempt(cities: CityInput[], o: LayoutOptions, pitch: number): WallLayout | null {
  // Labels beside tiles of a few pixels would take more room than the tiles.
  const shelf = { pitch, label: pitch >= 5 ? o.institutionLabel : 0, labelFrom: o.labelFrom }
  const weights = cities.map((c) => {
    const area = tilesOf(c) * pitch * pitch + c.institutions.length * pitch * pitch
    return area + Math.sqrt(area) * o.cityLabel
  })
  for (let round = 0; round < ROUNDS; round++) {
    const rects = squarify(weights, { x: 0, y: 0, w: o.width, h: o.height }).map(snapped)
    const packed = cities.map((c, k) => {
      const r = rects[k]!
      const inner = { x: r.x + 1, y: r.y + o.cityLabel, w: r.w, h: r.h - o.cityLabel }
      return { inner, ...packShelves(c.institutions.map((i) => i.members.length), inner, shelf) }
    })
    const fill = packed.map((p) => (p.inner.h > 0 ? p.height / p.inner.h : 2))
    const wide = packed.every((p, k) => p.slots.every((s) => s.rect.x + s.rect.w <= rects[k]!.x + rects[k]!.w + 1))
    if (wide && fill.every((f) => f <= 1)) return assemble(cities, rects, packed.map((p) => p.slots), o, pitch)
    // The last resort, when there are more tiles than pixels: some lie outside.
    if (pitch === 1 && round === ROUNDS - 1) return assemble(cities, rects, packed.map((p) => p.slots), o, pitch)
    fill.forEach((f, k) => (weights[k]! *= Math.min(1.4, Math.max(0.85, f)) ** 0.6))
  }
  return null
}

function assemble(cities: CityInput[], rects: Rect[], slots: Slot[][], o: LayoutOptions, pitch: number): WallLayout {
  const layout: WallLayout = { cities: [], blocks: [], pitch }
  cities.forEach((c, k) => {
    const rect = rects[k]!
    layout.cities.push({ city: c.city, rect, label: { ...rect, h: o.cityLabel }, total: tilesOf(c) })
    c.institutions.forEach((i, n) => {
      const slot = slots[k]![n]!
      layout.blocks.push({
        institution: i.institution,
        city: c.city,
        rect: slot.rect,
        label: slot.label > 0 ? { ...slot.rect, h: slot.label } : null,
        x: slot.rect.x + PAD,
        y: slot.rect.y + slot.label + PAD,
        pitch,
        columns: slot.columns,
        members: i.members,
      })
    })
  })
  return layout
}

/** The rectangle in whole pixels, with half the gap between cities taken off each side. */
function snapped(r: Rect): Rect {
  const half = CITY_GAP / 2
  const x = Math.round(r.x + half)
  const y = Math.round(r.y + half)
  return {
    x,
    y,
    w: Math.max(1, Math.round(r.x + r.w - half) - x),
    h: Math.max(1, Math.round(r.y + r.h - half) - y),
  }
}

/** Where tile `k` of a block lies. */
export function tileAt(block: Block, k: number): { x: number; y: number } {
  return {
    x: block.x + (k % block.columns) * block.pitch,
    y: block.y + Math.floor(k / block.columns) * block.pitch,
  }
}

/** An institution's name under its city's heading, where the city in it only takes room: 杭州理工大学 is 理工大学 there. */
export function withoutCity(name: string, city: string): string {
  const prefix = city.replace(/市$/, '')
  const rest = name.startsWith(prefix) ? name.slice(prefix.length).trim() : ''
  return rest.length > 1 ? rest : name
}
