import type uPlot from 'uplot'
import { OFF, OFFLINE, ON, STANDBY } from '@/live/protocol'
import { palette, type Palette } from '@/wall/palette'
import type { Interval } from './intervals'
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
 * several states is as high as they are busy. `scale` is canvas pixels for a CSS pixel at a type size of 16 px.
 */
export function drawRibbon(u: uPlot, intervals: readonly Interval[], range: Range, now: number, scale: number): void {
  const { ctx, bbox } = u
  const y = Math.round(bbox.top + bbox.height + RIBBON_GAP * scale)
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
