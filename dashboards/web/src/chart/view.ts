import { ZONE_OFFSET_MS } from '@/i18n/format'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The spans that are one press away. `live` follows the sensor, the others end now. */
export const SPANS = { live: 10 * MINUTE, '1h': HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '1y': 365 * DAY } as const
export type Span = keyof typeof SPANS

/** What a chart shows: a span that ends now, or one that stands still; UTC milliseconds, half-open. */
export type View = { span: Span } | { from: number; to: number }
/** UTC milliseconds, from inclusive, to exclusive. */
export interface Range {
  from: number
  to: number
}

/** Closer than this there is nothing more to see: sensors report every second at best. */
const SHORTEST = MINUTE
/** Minutes are kept for about a year; two years show that there is nothing before. */
const LONGEST = 2 * 365 * DAY
/** One step of the zoom buttons. */
const ZOOM = 3

type Query = Record<string, unknown>

/** The view that an address asks for (`?span=7d`, or `?from=&to=` in UTC milliseconds); what makes no sense is live. */
export function viewOf(query: Query): View {
  const from = Number(query.from)
  const to = Number(query.to)
  if (query.from && query.to && Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to) {
    return to - from > LONGEST ? { from: to - LONGEST, to } : { from, to }
  }
  const span = String(query.span)
  return { span: Object.hasOwn(SPANS, span) ? (span as Span) : 'live' }
}

/** The address of a view: the rest of the query stays. */
export function queryOf(view: View, query: Query): Record<string, string> {
  const rest = Object.entries(query).filter(([key, value]) => !['span', 'from', 'to'].includes(key) && typeof value === 'string')
  const own: Record<string, string> = 'span' in view ? { span: view.span } : { from: String(view.from), to: String(view.to) }
  return { ...(Object.fromEntries(rest) as Record<string, string>), ...own }
}

export function rangeOf(view: View, now: number): Range {
  return 'span' in view ? { from: now - SPANS[view.span], to: now } : view
}

/** A view of this range, of a length that makes sense and not beyond the present. */
function within(from: number, length: number, now: number): View {
  const span = Math.round(Math.min(LONGEST, Math.max(SHORTEST, length)))
  const middle = from + length / 2
  const to = Math.round(Math.min(now, middle + span / 2))
  return { from: to - span, to }
}

/** The part of a chart that was marked by dragging. */
export const zoomTo = ({ from, to }: Range, now: number): View => within(from, to - from, now)

export const zoomOut = ({ from, to }: Range, now: number): View => {
  const wider = (to - from) * ZOOM
  return within((from + to - wider) / 2, wider, now)
}

/** Towards `at`, which keeps its place; the middle if nothing is pointed at. */
export function zoomIn({ from, to }: Range, now: number, at = (from + to) / 2): View {
  return within(at - (at - from) / ZOOM, (to - from) / ZOOM, now)
}

/** Half a span earlier (-1) or later (1). */
export function shifted({ from, to }: Range, by: -1 | 1, now: number): View {
  const length = to - from
  return within(from + (by * length) / 2, length, now)
}

const dayText = (ms: number) => new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 10)

/** The days of a range in the instruments' zone, as date fields want them; both belong to it. */
export const daysOf = ({ from, to }: Range): { first: string; last: string } => ({ first: dayText(from), last: dayText(to - 1) })

/** From the beginning of one day to the end of another, but not beyond the present; null where that is no range. */
export function rangeOfDays(first: string, last: string, now: number): Range | null {
  const start = Date.parse(`${first}T00:00:00Z`) - ZONE_OFFSET_MS
  const end = Math.min(now, Date.parse(`${last}T00:00:00Z`) - ZONE_OFFSET_MS + DAY)
  if (!(start < end) || start < 0 || last < first) return null
  return { from: start, to: end }
}
