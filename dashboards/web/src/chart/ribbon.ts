import type uPlot from 'uplot'
import { OFF, OFFLINE, ON, STANDBY, stateCode } from '@/live/protocol'
import { STATE_COLORS } from '@/wall/palette'
import type { Interval } from './intervals'

/** Height of the ribbon and its distance from the plot, CSS pixels. */
export const RIBBON = 26
export const RIBBON_GAP = 8

/**
 * Draws the states under the plot on the chart's own canvas and time scale, so that they cannot drift apart.
 * The wall's glyphs become patterns: on = full, standby = lower half, off = outline, offline = crosses.
 */
export function drawRibbon(u: uPlot, intervals: readonly Interval[], now: number, ratio: number): void {
  const { ctx, bbox } = u
  const top = Math.round(bbox.top + bbox.height + RIBBON_GAP * ratio)
  const height = Math.round(RIBBON * ratio)
  const left = bbox.left
  const right = bbox.left + bbox.width
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, bbox.width, height)
  ctx.clip()
  ctx.fillStyle = '#131f34'
  ctx.fillRect(left, top, bbox.width, height)
  for (const i of intervals) {
    const x0 = Math.max(left, u.valToPos(i.start / 1000, 'x', true))
    const x1 = Math.min(right, u.valToPos((i.end ?? now) / 1000, 'x', true))
    if (x1 < left || x0 > right || x1 <= x0) continue
    // A state of a second in a week is still a pixel: it happened.
    drawSpan(ctx, stateCode(i.state), Math.round(x0), top, Math.max(1, Math.round(x1) - Math.round(x0)), height, ratio)
  }
  ctx.restore()
}

function drawSpan(c: CanvasRenderingContext2D, state: number, x: number, y: number, w: number, h: number, ratio: number): void {
  const color = STATE_COLORS[state] ?? STATE_COLORS[0]
  const line = Math.max(1, Math.round(1.5 * ratio))
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
      for (let at = x + 3 * ratio; at < x + w; at += 9 * ratio) c.fillRect(at, y + h / 2 - ratio, 2 * ratio, 2 * ratio)
  }
  // A hairline between neighbours of the same pattern height.
  c.fillStyle = '#0a111e'
  if (w > 3) c.fillRect(x + w - 1, y, 1, h)
}
