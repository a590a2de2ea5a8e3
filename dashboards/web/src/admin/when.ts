import { ZONE_OFFSET_MS } from '@/i18n/format'

/** UTC milliseconds as a `datetime-local` field wants them, in China time. */
export const fieldOf = (ms: number): string => new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 16)

/** What stands in such a field; null where it is no time. */
export function timeOf(field: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(field)) return null
  const ms = Date.parse(`${field}:00Z`) - ZONE_OFFSET_MS
  return Number.isNaN(ms) ? null : ms
}

const DAY_MS = 86_400_000

/** The beginning of a day in China; null where it is none. */
export const dayStart = (day: string): number | null => (/^\d{4}-\d{2}-\d{2}$/.test(day) ? timeOf(`${day}T00:00`) : null)

/** The end of a day, exclusive. */
export function dayEnd(day: string): number | null {
  const start = dayStart(day)
  return start === null ? null : start + DAY_MS
}

/** The next full half hour. */
export const soon = (now: number): number => Math.ceil(now / 1_800_000) * 1_800_000
