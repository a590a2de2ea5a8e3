import { MINUTE } from './view'

/** A bin as the server answers it: time of its first reading (UTC ms), lowest, mean, highest (A), readings in it. */
export type Bin = readonly number[]
type Column = (number | null)[]
/** As uPlot takes them: seconds since 1970, lowest, mean, highest; a null breaks the line. */
export type Columns = [number[], Column, Column, Column]

export interface Binned {
  bins: readonly Bin[]
  step_ms: number
  from_minutes: boolean
}

export const NO_COLUMNS: Columns = [[], [], [], []]

/** This many usual distances without a bin are a gap; the server calls a sensor silent after as many. */
const MISSED = 3
/** From this many distances on, the one in the middle says how often the sensor reported. */
const ENOUGH = 8
/** The shortest silence that the server calls offline. */
const SHORTEST_GAP_MS = 30_000

/**
 * From which distance on nothing was measured between two bins: a few times what is usual. What is usual is read from the
 * bins themselves, because a sensor may have reported at another pace when they were measured.
 */
export function gapMs({ bins, step_ms, from_minutes }: Binned): number {
  const distances = bins.slice(1).map((bin, k) => bin[0]! - bins[k]![0]!)
  distances.sort((a, b) => a - b)
  const usual = distances.length >= ENOUGH ? distances[distances.length >> 1]! : 0
  return Math.max(SHORTEST_GAP_MS, MISSED * Math.max(step_ms, usual, from_minutes ? MINUTE : 0))
}

export function columnsOf(answer: Binned): Columns {
  const out: Columns = [[], [], [], []]
  const gap = gapMs(answer)
  let before = Infinity
  for (const [ts, lowest, mean, highest] of answer.bins) {
    if (ts! - before > gap) {
      out[0].push((before + 1) / 1000)
      for (const k of [1, 2, 3] as const) out[k].push(null)
    }
    out[0].push(ts! / 1000)
    out[1].push(lowest!)
    out[2].push(mean!)
    out[3].push(highest!)
    before = ts!
  }
  return out
}

/** Which values stand between two gaps: no line leads to them, so they need a dot. */
export function alone(values: ArrayLike<number | null | undefined>): number[] {
  const out: number[] = []
  for (let k = 0; k < values.length; k++) {
    if (typeof values[k] === 'number' && typeof values[k - 1] !== 'number' && typeof values[k + 1] !== 'number') out.push(k)
  }
  return out
}

/**
 * The row that is shown at a time: the nearest one, unless a gap or the end lies between and it is further than `reach`.
 * Times in seconds; null where nothing was measured.
 */
export function rowAt([times, , mean]: Columns, at: number, reach: number): number | null {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= at) low = middle + 1
    else high = middle
  }
  // Inside a gap the row before is the null that marks it.
  const gap = low > 0 && mean[low - 1] === null
  const left = gap ? low - 2 : low - 1
  const candidates = [left, low].filter((k) => typeof mean[k] === 'number')
  candidates.sort((a, b) => Math.abs(times[a]! - at) - Math.abs(times[b]! - at))
  const nearest = candidates[0]
  if (nearest === undefined) return null
  const between = candidates.length === 2 && !gap && mean[low] !== null
  return between || Math.abs(times[nearest]! - at) <= reach ? nearest : null
}

/** The bins as a file for spreadsheets, with the columns of the server's own files and the marker by which they know UTF-8. */
export function csvOf(bins: readonly Bin[]): string {
  const rows = bins.map(([ts, ...values]) => [ts, new Date(ts!).toISOString(), ...values].join(','))
  return `\ufeff${['ts,ts_time,lowest_a,mean_a,highest_a,readings', ...rows].join('\n')}\n`
}
