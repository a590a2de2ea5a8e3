import { stateCode, UNKNOWN } from '@/live/protocol'
import type { StateSpan } from './intervals'
import type { Range } from './view'

/** Milliseconds in each state, by wire code. */
export type Shares = [number, number, number, number, number]

/** From this share on a pixel is drawn as if it were wholly in one state. */
const PURE = 0.98

/** A stretch of pixels that look the same: wholly in one state, or one pixel in several. */
export interface Stretch {
  x: number
  width: number
  shares: Shares
  /** The state that holds it alone, or null. */
  state: number | null
}

const none = (): Shares => [0, 0, 0, 0, 0]

/** How long each state held within a range up to `now`, where an interval that lasts ends; what nobody recorded is unknown. */
export function totals(intervals: readonly StateSpan[], { from, to }: Range, now: number): Shares {
  const out = none()
  for (const i of intervals) {
    const ms = Math.min(to, i.end ?? now) - Math.max(from, i.start)
    if (ms > 0) out[stateCode(i.state)]! += ms
  }
  const passed = Math.max(0, Math.min(to, now) - from)
  out[UNKNOWN] += Math.max(0, passed - out.reduce((a, b) => a + b))
  return out
}

/**
 * What each of `pixels` pixels shows of a range. A year is drawn on a thousand of them, so that one holds many intervals:
 * what counts is how long each state held in it, not which one came last.
 */
export function strip(intervals: readonly StateSpan[], { from, to }: Range, now: number, pixels: number): Stretch[] {
  const step = (to - from) / pixels
  if (!(step > 0)) return []
  const columns: Shares[] = Array.from({ length: pixels }, none)
  for (const i of intervals) {
    const start = Math.max(from, i.start)
    const end = Math.min(to, i.end ?? now)
    if (end <= start) continue
    const code = stateCode(i.state)
    const last = Math.min(pixels - 1, Math.ceil((end - from) / step) - 1)
    for (let x = Math.floor((start - from) / step); x <= last; x++) {
      columns[x]![code]! += Math.max(0, Math.min(end, from + (x + 1) * step) - Math.max(start, from + x * step))
    }
  }
  const out: Stretch[] = []
  columns.forEach((shares, x) => {
    const sum = shares.reduce((a, b) => a + b)
    if (sum <= 0) return
    const most = shares.findIndex((ms) => ms >= PURE * sum)
    const state = most < 0 ? null : most
    const before = out.at(-1)
    if (before && state !== null && before.state === state && before.x + before.width === x) before.width++
    else out.push({ x, width: 1, shares, state })
  })
  return out
}
