import type uPlot from 'uplot'
import { OFF, OFFLINE, ON, STANDBY } from '@/live/protocol'
import { palette, type Palette } from '@/wall/palette'
import type { StateSpan } from './intervals'
import { strip, type Shares } from './strip'
import type { Range } from './view'

/** Height of the ribbon and its distance from the plot, CSS pixels at a type size of 16 px. */
export const RIBBON = 30
export const RIBBON_GAP = 8

interface Box {
  x: number
  y: number
  w: number
  h: number
}

/**
 * Draws the states under the plot on the chart's own canvas and time scale, so that they cannot drift apart.
 * The wall's glyphs become patterns: on = full, standby = lower half, off = outline, offline = crosses. A pixel that holds
 * several states is as high as they are busy. `scale` is canvas pixels for a CSS pixel at a type size of 16 px; `row` counts ribbons
 * from the plot down.
 */
export function drawRibbon(u: uPlot, intervals: readonly StateSpan[], range: Range, now: number, scale: number, row = 0): void {
  const { ctx, bbox } = u
  const y = topOf(u, row, scale)
  const h = Math.round(RIBBON * scale)
  const left = Math.round(bbox.left)
  const pixels = Math.round(bbox.width)
  ctx.save()
  const paint = palette()
  ctx.fillStyle = paint.block
  ctx.fillRect(left, y, pixels, h)
  for (const { x, width, shares, state } of strip(intervals, range, now, pixels)) {
    const box = { x: left + x, y, w: width, h }
    if (state === null) drawMixed(ctx, shares, box, paint)
    else drawPure(ctx, state, box, scale, paint)
  }
  ctx.restore()
}

const topOf = ({ bbox }: uPlot, row: number, scale: number) =>
  Math.round(bbox.top + bbox.height + (RIBBON_GAP + row * (RIBBON + RIBBON_GAP)) * scale)

/** What a ribbon says, left of it. */
export function drawName(u: uPlot, name: string, color: string, font: string, scale: number, row: number): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.fillStyle = color
  ctx.font = font.replace(/^\d+/, (px) => String(Math.round(Number(px) * (window.devicePixelRatio || 1))))
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  ctx.fillText(name, bbox.left - 8 * scale, topOf(u, row, scale) + (RIBBON * scale) / 2)
  ctx.restore()
}

/** Where one level of the current ends and the next begins. */
export function drawLimits(u: uPlot, limits: readonly number[], color: string, scale: number): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = Math.max(1, Math.round(scale))
  ctx.setLineDash([6 * scale, 5 * scale])
  for (const limit of limits) {
    const y = Math.round(u.valToPos(limit, 'y', true))
    if (y <= bbox.top || y >= bbox.top + bbox.height) continue
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
  }
  ctx.restore()
}

/** Bars that meet the patterns of the pure states: `on` fills, standby fills half, offline hangs from above. */
function drawMixed(c: CanvasRenderingContext2D, shares: Shares, { x, y, w, h }: Box, { states }: Palette): void {
  const sum = shares.reduce((a, b) => a + b)
  const on = Math.round((shares[ON] / sum) * h)
  const standby = Math.round((shares[STANDBY] / sum / 2) * h)
  const offline = Math.round((shares[OFFLINE] / sum) * h)
  c.fillStyle = states[ON]!
  c.fillRect(x, y + h - on, w, on)
  c.fillStyle = states[STANDBY]!
  c.fillRect(x, y + h - on - standby, w, standby)
  c.fillStyle = states[OFFLINE]!
  c.fillRect(x, y, w, offline)
}

function drawPure(c: CanvasRenderingContext2D, state: number, { x, y, w, h }: Box, scale: number, paint: Palette): void {
  const color = paint.states[state] ?? paint.states[0]!
  const line = Math.max(1, Math.round(1.5 * scale))
  c.fillStyle = color
  c.strokeStyle = color
  c.lineWidth = line
  switch (state) {
    case ON:
      c.fillRect(x, y, w, h)
      break
    case STANDBY:
      c.fillRect(x, y + h / 2, w, h / 2)
      c.fillRect(x, y, w, line)
      break
    case OFF:
      c.fillRect(x, y, w, line)
      c.fillRect(x, y + h - line, w, line)
      break
    case OFFLINE: {
      const step = h
      c.save()
      c.beginPath()
      c.rect(x, y, w, h)
      c.clip()
      c.beginPath()
      for (let at = x - (x % step); at < x + w; at += step) {
        c.moveTo(at, y)
        c.lineTo(at + step, y + h)
        c.moveTo(at + step, y)
        c.lineTo(at, y + h)
      }
      c.stroke()
      c.restore()
      break
    }
    default:
      for (let at = x + 3 * scale; at < x + w; at += 9 * scale) c.fillRect(at, y + h / 2 - scale, 2 * scale, 2 * scale)
  }
  // A hairline between neighbours of the same pattern height.
  c.fillStyle = paint.background
  if (w > 3) c.fillRect(x + w - 1, y, 1, h)
}
