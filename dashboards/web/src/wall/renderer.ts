import type { Fleet } from '@/live/fleet'
import { STATES } from '@/live/protocol'
import { drawGlyph } from './glyph'
import { tileAt, type CityBlock, type WallLayout } from './layout'
import { FONT, palette } from './palette'

/** At most so many tiles flash at once: past it the wall would only flicker. */
const MAX_FLASHES = 160
/** Strength of the flash by step, strongest first; a step lasts `STEP_MS`. */
const FLASH = [0.85, 0.6, 0.4, 0.2]
const STEP_MS = 130

export interface Labels {
  /** Texts are from long to short: the longest that fits is painted. */
  city(index: number): { name: string; details: string[] }
  institution(index: number): string[]
}

interface Flash {
  tile: number
  started: number
  step: number
}

/**
 * Paints the wall on one 2D canvas. Everything is painted once after a layout; from then on only tiles that changed or
 * flash are repainted, each as one copy out of a small sheet of finished sprites.
 */
export class WallRenderer {
  private readonly c: CanvasRenderingContext2D
  private sheets = new Map<number, HTMLCanvasElement>()
  private layout: WallLayout = { cities: [], blocks: [], pitch: 0 }
  private tileX = new Int32Array(0)
  private tileY = new Int32Array(0)
  /** Glyph size of each instrument's tile; 0 where it is not on the wall. */
  private tileSize = new Uint8Array(0)
  private dirty: number[] = []
  private marked = new Uint8Array(0)
  private flashes: Flash[] = []
  private flashStep = new Int8Array(0)
  private cityDetail: string[] = []
  private unit = 16
  private paint = palette()
  private labels: Labels = { city: () => ({ name: '', details: [] }), institution: () => [] }
  tiles = 0
  /** Set when the reader asked for less motion. */
  still = false

  constructor(
    canvas: HTMLCanvasElement,
    private readonly fleet: Fleet,
  ) {
    this.c = canvas.getContext('2d', { alpha: false })!
  }

  /** The theme is another one: to be laid out again. */
  repaint(): void {
    this.paint = palette()
    this.sheets.clear()
  }

  /** Takes a new layout and paints everything. `unit` is a city label's text size in device pixels. */
  setLayout(layout: WallLayout, labels: Labels, unit: number, small: number): void {
    this.layout = layout
    this.labels = labels
    const n = this.fleet.size
    this.tileX = new Int32Array(n)
    this.tileY = new Int32Array(n)
    this.tileSize = new Uint8Array(n)
    this.marked = new Uint8Array(n)
    this.flashStep = new Int8Array(n).fill(-1)
    this.flashes = []
    this.dirty = []
    this.tiles = 0
    const { c } = this
    c.fillStyle = this.paint.background
    c.fillRect(0, 0, c.canvas.width, c.canvas.height)
    for (const city of layout.cities) {
      c.fillStyle = this.paint.city
      c.fillRect(city.rect.x, city.rect.y, city.rect.w, city.rect.h)
    }
    for (const block of layout.blocks) {
      c.fillStyle = this.paint.block
      c.fillRect(block.rect.x, block.rect.y, block.rect.w, block.rect.h)
      if (block.label) {
        c.fillStyle = this.paint.softText
        c.font = `${small}px ${FONT}`
        c.textBaseline = 'middle'
        const texts = labels.institution(block.institution)
        const room = block.label.w - 8
        const text = texts.find((one) => c.measureText(one).width <= room) ?? fitted(c, texts.at(-1) ?? '', room)
        c.fillText(text, block.label.x + 4, block.label.y + block.label.h / 2 + 1)
      }
      const size = glyphSize(block.pitch)
      block.members.forEach((tile, k) => {
        const at = tileAt(block, k)
        this.tileX[tile] = Math.round(at.x)
        this.tileY[tile] = Math.round(at.y)
        this.tileSize[tile] = size
        this.blit(tile)
      })
      this.tiles += block.members.length
    }
    this.unit = unit
    this.cityDetail = []
    this.paintHeadings()
  }

  /** Headings carry figures that change; only those whose text did are painted again. */
  paintHeadings(): void {
    for (const city of this.layout.cities) {
      const { name, details } = this.labels.city(city.city)
      const text = `${name}\n${details[0] ?? ''}`
      if (this.cityDetail[city.city] === text) continue
      this.cityDetail[city.city] = text
      this.paintHeading(city, name, details)
    }
  }

  private paintHeading(city: CityBlock, name: string, details: string[]): void {
    const { c } = this
    const { x, y, w, h } = city.label
    const pad = Math.round(h * 0.2)
    c.fillStyle = this.paint.city
    c.fillRect(x, y, w, h)
    c.textBaseline = 'middle'
    c.font = `600 ${this.unit}px ${FONT}`
    c.fillStyle = this.paint.cityText
    const room = w - 2 * pad
    const shown = fitted(c, c.measureText(name).width <= room ? name : name.replace(/市$/, ''), room)
    c.fillText(shown, x + pad, y + h / 2 + 1)
    const used = c.measureText(shown).width
    c.font = `${Math.round(this.unit * 0.82)}px ${FONT}`
    const detail = details.find((d) => used + c.measureText(d).width + 4 * pad <= w)
    if (!detail) return
    c.fillStyle = this.paint.softText
    c.textAlign = 'right'
    c.fillText(detail, x + w - pad, y + h / 2 + 1)
    c.textAlign = 'left'
  }

  /** A tile changed: it is painted with the next frame, and flashes if there is room for one more flash. */
  touch(tile: number, now: number): void {
    if (!this.tileSize[tile]) return
    this.mark(tile)
    if (this.still || this.flashStep[tile]! >= 0 || this.flashes.length >= MAX_FLASHES) return
    this.flashStep[tile] = 0
    this.flashes.push({ tile, started: now, step: 0 })
  }

  /** Paints what changed since the last frame. */
  frame(now: number): void {
    if (this.flashes.length > 0) this.advance(now)
    for (const tile of this.dirty) {
      this.marked[tile] = 0
      this.blit(tile)
    }
    this.dirty.length = 0
  }

  private advance(now: number): void {
    let kept = 0
    for (const flash of this.flashes) {
      const step = Math.floor((now - flash.started) / STEP_MS)
      if (step !== flash.step) {
        flash.step = step
        this.flashStep[flash.tile] = step < FLASH.length ? step : -1
        this.mark(flash.tile)
      }
      if (step < FLASH.length) this.flashes[kept++] = flash
    }
    this.flashes.length = kept
  }

  private mark(tile: number): void {
    if (this.marked[tile]) return
    this.marked[tile] = 1
    this.dirty.push(tile)
  }

  private blit(tile: number): void {
    const size = this.tileSize[tile]!
    const state = this.fleet.state[tile]!
    const column = this.flashStep[tile]! + 1
    this.c.drawImage(
      this.sheet(size),
      column * size, state * size, size, size,
      this.tileX[tile]!, this.tileY[tile]!, size, size,
    )
  }

  /** States down, flash steps across; the first column is without flash. */
  private sheet(size: number): HTMLCanvasElement {
    const known = this.sheets.get(size)
    if (known) return known
    const sheet = document.createElement('canvas')
    sheet.width = size * (FLASH.length + 1)
    sheet.height = size * STATES.length
    const c = sheet.getContext('2d', { alpha: false })!
    c.fillStyle = this.paint.block
    c.fillRect(0, 0, sheet.width, sheet.height)
    for (let state = 0; state < STATES.length; state++) {
      for (let column = 0; column <= FLASH.length; column++) {
        drawGlyph(c, state, this.paint.states[state]!, column * size, state * size, size)
        if (column === 0) continue
        c.globalAlpha = FLASH[column - 1]!
        c.fillStyle = this.paint.flash
        c.fillRect(column * size, state * size, size, size)
        c.globalAlpha = 1
      }
    }
    this.sheets.set(size, sheet)
    return sheet
  }
}

/** The tile without the gap to its neighbour. */
export function glyphSize(pitch: number): number {
  return Math.max(1, Math.min(255, Math.floor(pitch) - (pitch >= 26 ? 4 : pitch >= 14 ? 3 : pitch >= 8 ? 2 : 1)))
}

/** The text, shortened with an ellipsis until it fits. */
function fitted(c: CanvasRenderingContext2D, text: string, width: number): string {
  if (c.measureText(text).width <= width) return text
  let low = 0
  let high = text.length
  while (low < high) {
    const mid = (low + high + 1) >> 1
    if (c.measureText(text.slice(0, mid) + '…').width <= width) low = mid
    else high = mid - 1
  }
  return low === 0 ? '' : text.slice(0, low) + '…'
}
