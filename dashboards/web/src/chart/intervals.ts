import type { StateInterval } from '@/api/client'
import type { StateChange } from '@/live/protocol'

/** An interval as it is drawn and listed; `end` is null while it lasts. */
export type Interval = Pick<StateInterval, 'seq' | 'state' | 'start' | 'end' | 'confidence' | 'cause' | 'model'>

/** A stretch of one state, as ribbons draw it. */
export type StateSpan = Pick<Interval, 'state' | 'start' | 'end'>

/**
 * Adds a live transition to intervals in order of time: the open one ends where the new one begins. A transition that
 * is already there, because history was fetched after it happened, changes nothing.
 */
export function withChange(intervals: readonly Interval[], change: StateChange): Interval[] {
  const last = intervals.at(-1)
  if (last && change.seq <= last.seq) return [...intervals]
  const closed = intervals.map((i) => (i.end === null ? { ...i, end: Math.max(i.start, change.at) } : i))
  return [
    ...closed,
    {
      seq: change.seq,
      state: change.state as Interval['state'],
      start: change.at,
      end: null,
      confidence: change.confidence,
      cause: change.cause,
      model: change.model,
    },
  ]
}

/** Later of two lists wins by sequence number: fetched history and live changes overlap. */
export function merged(fetched: readonly Interval[], live: readonly Interval[]): Interval[] {
  const bySeq = new Map<number, Interval>()
  for (const i of fetched) bySeq.set(i.seq, i)
  for (const i of live) {
    const known = bySeq.get(i.seq)
    if (!known || known.end === null) bySeq.set(i.seq, i)
  }
  return [...bySeq.values()].sort((a, b) => a.start - b.start || a.seq - b.seq)
}

/** The interval that holds a time, or null. */
export function intervalAt<T extends StateSpan>(intervals: readonly T[], ms: number): T | null {
  for (let k = intervals.length - 1; k >= 0; k--) {
    const i = intervals[k]!
    if (i.start <= ms && (i.end === null || ms < i.end)) return i
  }
  return null
}
