import { ZONE_OFFSET_MS } from '@/i18n/format'

const DAY_MS = 86_400_000
/** As many days as the server counts at once. */
export const MOST_DAYS = 3660

export const SPANS = ['this-month', 'last-month', '30d', 'this-year', 'last-year'] as const
/** `custom` stands between two days that somebody chose. */
export type Span = (typeof SPANS)[number] | 'custom'

/** Local days, both inclusive. */
export interface Days {
  from: string
  to: string
}

const text = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const at = (year: number, month: number, day: number): string => text(Date.UTC(year, month, day))

/** The day of a moment where the instruments stand. */
export const dayOf = (ms: number): string => text(ms + ZONE_OFFSET_MS)

export const isDay = (value: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && text(Date.parse(value)) === value

export const daysBetween = ({ from, to }: Days): number => (Date.parse(to) - Date.parse(from)) / DAY_MS + 1

export function daysFit(days: Days): boolean {
  const n = daysBetween(days)
  return n >= 1 && n <= MOST_DAYS
}

const moved = (day: string, days: number): string => text(Date.parse(day) + days * DAY_MS)

function parts(day: string): [year: number, month: number, day: number] {
  const date = new Date(day)
  return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
}

/** The days of a span that is said by its name. What is not over ends today. */
export function daysOf(span: Exclude<Span, 'custom'>, today: string): Days {
  const [year, month] = parts(today)
  switch (span) {
    case 'this-month':
      return { from: at(year, month, 1), to: today }
    case 'last-month':
      return { from: at(year, month - 1, 1), to: at(year, month, 0) }
    case '30d':
      return { from: moved(today, -29), to: today }
    case 'this-year':
      return { from: at(year, 0, 1), to: today }
    case 'last-year':
      return { from: at(year - 1, 0, 1), to: at(year - 1, 11, 31) }
  }
}

/** The same day some months earlier, or the last of that month where it is shorter. */
function monthsEarlier(day: string, months: number): string {
  const [year, month, n] = parts(day)
  const last = new Date(Date.UTC(year, month - months + 1, 0)).getUTCDate()
  return at(year, month - months, Math.min(n, last))
}

/** What a span is compared with: the same days of the month or year before, or as many days right before. */
export function daysBefore(span: Span, days: Days): Days {
  const { from, to } = days
  switch (span) {
    case 'this-month':
      return { from: monthsEarlier(from, 1), to: monthsEarlier(to, 1) }
    case 'last-month':
      return { from: monthsEarlier(from, 1), to: moved(from, -1) }
    case 'this-year':
    case 'last-year':
      return { from: monthsEarlier(from, 12), to: monthsEarlier(to, 12) }
    default:
      return { from: moved(from, -daysBetween(days)), to: moved(from, -1) }
  }
}

/** Into what a trend is divided where nothing is said: neither three bars nor three hundred. */
export function usualPeriod(days: Days): 'day' | 'week' | 'month' {
  const n = daysBetween(days)
  return n <= 62 ? 'day' : n <= 190 ? 'week' : 'month'
}

/** More bars than that nobody tells apart. */
const MOST_BARS = 190
const LENGTH = { day: 1, week: 7, month: 30 }
export function offeredPeriods(days: Days): ('day' | 'week' | 'month')[] {
  const n = daysBetween(days)
  return (['day', 'week', 'month'] as const).filter((per) => per === 'month' || (n / LENGTH[per] <= MOST_BARS && n > LENGTH[per]))
}
