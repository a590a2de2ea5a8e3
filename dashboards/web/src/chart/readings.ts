import type { Columns } from './bins'

/** About as long as the server itself holds readings, with room to spare. */
const KEEP_MS = 15 * 60_000
/** A longer pause than this is drawn as a gap: nothing was measured there. */
const GAP_MS = 30_000

/** Readings of one instrument in order of time, without doubles, as columns that uPlot takes directly. */
export class Readings {
  /** Seconds since 1970, as uPlot wants them. */
  private times: number[] = []
  private values: (number | null)[] = []

  get lastAt(): number | null {
    const t = this.times.at(-1)
    return t === undefined ? null : t * 1000
  }

  get last(): number | null {
    return this.values.at(-1) ?? null
  }

  /** Adds readings; late ones are sorted in, doubles dropped. */
  add(readings: readonly (readonly number[])[]): void {
    for (const [ms, value] of readings) {
      if (ms === undefined || value === undefined || !Number.isFinite(value)) continue
      const t = ms / 1000
      let at = this.times.length
      while (at > 0 && this.times[at - 1]! > t) at--
      if (this.times[at - 1] === t) continue
      this.times.splice(at, 0, t)
      this.values.splice(at, 0, value)
    }
    const newest = this.times.at(-1)
    if (newest === undefined) return
    const from = this.times.findIndex((t) => t >= newest - KEEP_MS / 1000)
    if (from > 0) {
      this.times.splice(0, from)
      this.values.splice(0, from)
    }
  }

  /** Columns for the chart, with a null where a gap must not be bridged by a line; a reading is its own lowest and highest. */
  columns(): Columns {
    const times: number[] = []
    const values: (number | null)[] = []
    this.times.forEach((t, k) => {
      const before = this.times[k - 1]
      if (before !== undefined && t - before > GAP_MS / 1000) {
        times.push(before + 0.001)
        values.push(null)
      }
      times.push(t)
      values.push(this.values[k]!)
    })
    return [times, values, values, values]
  }
}
