/** Times are shown where the instruments stand, whatever the zone of the screen. */
export const ZONE = 'Asia/Shanghai'
/** It has had no summer time since 1991, so that a day there is always the same 24 hours. */
export const ZONE_OFFSET_MS = 8 * 3_600_000

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()

function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => T): T {
  let format = cache.get(key) as T | undefined
  if (!format) cache.set(key, (format = make()))
  return format
}

function date(locale: string, key: string, ms: number, options: Intl.DateTimeFormatOptions): string {
  const format = cached(`${locale} ${key}`, () =>
    new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options }),
  )
  return format.format(ms)
}

export function clockTime(locale: string, ms: number): string {
  return date(locale, 'time', ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

export function longDate(locale: string, ms: number): string {
  return date(locale, 'date', ms, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' })
}

export function dateTime(locale: string, ms: number): string {
  return date(locale, 'datetime', ms, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
}

/** The time alone today, with the date otherwise. */
export function shortTime(locale: string, ms: number, now: number): string {
  const day = (t: number) => date('en', 'day', t, { year: 'numeric', month: '2-digit', day: '2-digit' })
  if (day(ms) === day(now)) return clockTime(locale, ms)
  return date(locale, 'short', ms, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' })
}

export function integer(locale: string, n: number): string {
  return cached(`${locale} int`, () => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })).format(n)
}

export function percent(locale: string, part: number, digits = 1): string {
  return cached(
    `${locale} pct${digits}`,
    () =>
      new Intl.NumberFormat(locale, {
        style: 'percent',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  ).format(part)
}

export function fixed(locale: string, n: number, digits: number): string {
  const format = cached(
    `${locale} fixed${digits}`,
    () => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
  return format.format(n)
}

/** Ampere with the digits that a clamp sensor can mean. */
export function ampere(locale: string, a: number): string {
  return `${fixed(locale, a, Math.abs(a) < 10 ? 2 : 1)} A`
}

export interface DurationPart {
  unit: 's' | 'm' | 'h' | 'd'
  n: number
}

/** The two largest units of a duration: nobody reads seconds beside days. */
export function durationParts(ms: number): DurationPart[] {
  const s = Math.max(0, Math.floor(ms / 1000))
  const all: DurationPart[] = [
    { unit: 'd', n: Math.floor(s / 86400) },
    { unit: 'h', n: Math.floor(s / 3600) % 24 },
    { unit: 'm', n: Math.floor(s / 60) % 60 },
    { unit: 's', n: s % 60 },
  ]
  const first = all.findIndex((p) => p.n > 0)
  if (first < 0) return [all[3]!]
  return all.slice(first, first + 2).filter((p, i) => i === 0 || p.n > 0)
}
