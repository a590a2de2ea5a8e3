import type { HoursRow } from '@/api/hours'
import { OFF, OFFLINE, ON, STANDBY, UNKNOWN } from '@/live/protocol'

/** Less than this is known of the time: hours are a lower bound, and are said to be. */
export const COVERED_ENOUGH = 0.8
/** Two spans of which unlike shares are known are not compared without saying so. */
const COVERED_ALIKE = 0.1

/** A row's times by state, in the order in which they are stacked. */
export const STACK = [
  [ON, 'on_ms'],
  [STANDBY, 'standby_ms'],
  [OFF, 'off_ms'],
  [OFFLINE, 'offline_ms'],
  [UNKNOWN, 'unknown_ms'],
] as const satisfies readonly (readonly [number, keyof HoursRow])[]

/** The time that has passed, once for each instrument. */
export const passed = (row: HoursRow): number => STACK.reduce((sum, [, key]) => sum + row[key], 0)

/** Hours of one instrument a day; null before any time has passed. */
export const perDay = (ms: number, of: number): number | null => (of > 0 ? (ms / of) * 24 : null)

export const DAYS_A_YEAR = 365

/** Whether anything was recorded at all. */
export const isRecorded = (row: HoursRow): boolean => passed(row) > row.unknown_ms

export interface Figures {
  instruments: number
  effective: number
  mean: number | null
  shares: number[]
  idle: number | null
  coverage: number | null
}

export function figuresOf(row: HoursRow): Figures {
  const time = passed(row)
  return {
    instruments: row.instruments,
    effective: row.effective_ms,
    mean: perDay(row.effective_ms, time),
    shares: STACK.map(([, key]) => (time > 0 ? row[key] / time : 0)),
    idle: row.idle_rate,
    coverage: row.coverage,
  }
}

/** How figures changed: in the unit of each; null where one of the two is not known. */
export interface Changes {
  /** A part of what it was; null, too, while the span is not over, since less time has passed then. */
  effective: number | null
  mean: number | null
  shares: number[]
  idle: number | null
  coverage: number | null
  /** Whether about as much was known then as now. */
  alike: boolean
}

const less = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b)

/** Null where nothing was recorded before, so that there is nothing to compare with. */
export function changesOf(now: HoursRow, before: HoursRow | null, over: boolean): Changes | null {
  if (!before || !isRecorded(before)) return null
  const a = figuresOf(now)
  const b = figuresOf(before)
  return {
    effective: over && b.effective > 0 ? a.effective / b.effective - 1 : null,
    mean: less(a.mean, b.mean),
    shares: a.shares.map((share, n) => share - b.shares[n]!),
    idle: less(a.idle, b.idle),
    coverage: less(a.coverage, b.coverage),
    alike: Math.abs((a.coverage ?? 0) - (b.coverage ?? 0)) <= COVERED_ALIKE,
  }
}
