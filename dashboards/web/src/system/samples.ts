import type { System } from '@/api/system'

/** As many answers as are remembered: ten minutes of them. */
export const REFRESH_MS = 5000
const MOST = 120
/** What lasted that long is no moment's peak. */
export const WINDOW_MS = 60_000

/** Adds an answer; those from before a restart count another process. */
export function added(samples: readonly System[], next: System): System[] {
  const same = samples.filter((one) => one.started_at === next.started_at && one.now < next.now)
  return [...same, next].slice(-MOST)
}

type Pick = (system: System) => number

const perSecond = (a: System, b: System, pick: Pick): number => Math.max(0, ((pick(b) - pick(a)) * 1000) / (b.now - a.now))

/** Of a counter, how much a second between each two answers. */
export function rates(samples: readonly System[], pick: Pick): number[] {
  return samples.slice(1).map((b, n) => perSecond(samples[n]!, b, pick))
}

export const values = (samples: readonly System[], pick: Pick): number[] => samples.map(pick)

/** The answers of the last minute. */
export function lately(samples: readonly System[]): System[] {
  const last = samples.at(-1)
  return last ? samples.filter((one) => one.now >= last.now - WINDOW_MS) : []
}

/** What a counter grew by in a second, over the last minute; null until two answers are there. */
export function rateLately(samples: readonly System[], pick: Pick): number | null {
  const some = lately(samples)
  return some.length < 2 ? null : perSecond(some[0]!, some.at(-1)!, pick)
}

/** Whether a whole minute was looked at: before that nothing is said to be missing. */
export function isMinute(samples: readonly System[]): boolean {
  const some = lately(samples)
  return some.length > 1 && some.at(-1)!.now - some[0]!.now >= WINDOW_MS * 0.8
}
