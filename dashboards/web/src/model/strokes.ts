import type { Edit, Stroke } from '@/api/models'
import type { Interval } from '@/chart/intervals'
import type { Range } from '@/chart/view'

/** What a person can say that an instrument did. */
export const LEVELS = ['off', 'standby', 'on'] as const
export type Level = (typeof LEVELS)[number]

/** What dragging does, in the order of the keys: `look` zooms, `agree` paints what the model said. */
export const BRUSHES = ['look', 'off', 'standby', 'on', 'agree', 'erase'] as const
export type Brush = (typeof BRUSHES)[number]
export const BRUSH_KEYS: Readonly<Record<string, Brush>> = { '1': 'off', '2': 'standby', '3': 'on', '4': 'agree', '0': 'erase', Escape: 'look' }

/** A span in one state; a label as far as it is drawn. */
export interface Painted {
  start: number
  end: number
  state: string
}

/** The parts of a span that none of the others (in order of time) covers. */
function uncovered(start: number, end: number, others: readonly { start: number; end: number }[]): [number, number][] {
  const out: [number, number][] = []
  let from = start
  for (const other of others) {
    if (other.end <= from || other.start >= end) continue
    if (other.start > from) out.push([from, other.start])
    from = Math.max(from, other.end)
  }
  if (from < end) out.push([from, end])
  return out
}

/** What holds after strokes that the server does not have yet: the later paints over the earlier. */
export function painted(labels: readonly Painted[], strokes: readonly Stroke[]): Painted[] {
  let out: Painted[] = labels.map(({ start, end, state }) => ({ start, end, state }))
  for (const stroke of strokes) {
    const rest = out.flatMap(({ start, end, state }) => uncovered(start, end, [stroke]).map(([from, to]) => ({ start: from, end: to, state })))
    if (stroke.state !== null) rest.push({ start: stroke.start, end: stroke.end, state: stroke.state })
    out = rest.sort((a, b) => a.start - b.start)
  }
  return out
}

/** What the model said within a range, as strokes, where nobody has said anything yet: people are not painted over. */
export function agreed(intervals: readonly Interval[], labels: readonly Painted[], { from, to }: Range, now: number): Stroke[] {
  return intervals
    .filter(({ state }) => (LEVELS as readonly string[]).includes(state))
    .flatMap(({ start, end, state }) =>
      uncovered(Math.max(from, start), Math.min(to, end ?? now, now), labels).map((part) => ({ start: part[0], end: part[1], state })),
    )
    .map(({ start, end, state }) => ({ start: Math.round(start), end: Math.round(end), state }))
    .filter(({ start, end }) => start < end)
}

/** A stroke drawn by hand: its ends catch the model's changes that are nearer than `reach`, and it stays in the past. */
export function drawn(range: Range, state: string | null, intervals: readonly Interval[], reach: number, now: number): Stroke | null {
  const edges = intervals.flatMap(({ start, end }) => (end === null ? [start] : [start, end]))
  const caught = (at: number) => {
    const nearest = edges.reduce((best, edge) => (Math.abs(edge - at) < Math.abs(best - at) ? edge : best), Infinity)
    return Math.abs(nearest - at) <= reach ? nearest : at
  }
  const exact = { start: Math.round(range.from), end: Math.min(now, Math.round(range.to)) }
  const stroke = { start: Math.round(caught(exact.start)), end: Math.min(now, Math.round(caught(exact.end))) }
  if (stroke.start < stroke.end) return { ...stroke, state }
  return exact.start < exact.end ? { ...exact, state } : null
}

/** Training looks at the labels of the two weeks before the newest one. */
export const TRAINED_ON_MS = 14 * 86_400_000
const HOUR_MS = 3_600_000
/** Half a day is thin, two days serve well (docs/training.md). */
export const THIN_HOURS = 12
export const WELL_HOURS = 48

export interface Amount {
  hours: Record<Level, number>
  total: number
  worth: 'none' | 'little' | 'thin' | 'well'
  /** Levels that no label shows. */
  missing: Level[]
}

/** How much of what training looks at is labelled. */
export function amountOf(labels: readonly Painted[]): Amount {
  const newest = labels.reduce((last, { end }) => Math.max(last, end), 0)
  const hours: Record<Level, number> = { off: 0, standby: 0, on: 0 }
  for (const { start, end, state } of labels) {
    const ms = end - Math.max(start, newest - TRAINED_ON_MS)
    if (ms > 0 && state in hours) hours[state as Level] += ms / HOUR_MS
  }
  const total = hours.off + hours.standby + hours.on
  const worth = total === 0 ? 'none' : total < THIN_HOURS ? 'little' : total < WELL_HOURS ? 'thin' : 'well'
  return { hours, total, worth, missing: LEVELS.filter((level) => hours[level] === 0) }
}

/** Edits that were made at once: one drag of "agree" makes many. */
export interface Act {
  edits: Edit[]
  author: string
  at: number
}

/** Edits (newest first) by who made them at once. */
export function actsOf(edits: readonly Edit[]): Act[] {
  const out: Act[] = []
  for (const edit of edits) {
    const last = out.at(-1)
    if (last && last.at === edit.at && last.author === edit.author) last.edits.push(edit)
    else out.push({ edits: [edit], author: edit.author, at: edit.at })
  }
  return out
}

export const holds = (act: Act): boolean => act.edits.some((edit) => edit.undone_at === null)

/** What undoing takes back: the newest of one's own that still holds. */
export function undoable(acts: readonly Act[], author: string): Act | null {
  return acts.find((act) => act.author === author && holds(act)) ?? null
}
