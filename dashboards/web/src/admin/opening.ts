import type { OpeningHours } from '@/api/admin'

/** Opening hours as lines that people write: a line a weekday (`08:30-12:00 13:30-17:30`), exceptions as a date and spans. */
export interface OpeningText {
  /** Monday first. */
  weekly: string[]
  dates: string
}

export const WEEKDAYS = 7

export function textOf(opening: OpeningHours | null | undefined): OpeningText {
  const weekly = Array.from({ length: WEEKDAYS }, (_, day) => (opening?.weekly[day] ?? []).join(' '))
  const dates = Object.entries(opening?.dates ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, spans]) => [date, ...spans].join(' '))
  return { weekly, dates: dates.join('\n') }
}

export type Read = { opening: OpeningHours } | { wrong: string }

/** The spans of a line, from the earliest; null where it is none. Chinese commas, dashes and colons are understood. */
export function spansOf(line: string): string[] | null {
  const plain = line
    .replace(/[：]/g, ':')
    .replace(/\s*[–—－~～至-]\s*/g, '-')
    .replace(/[，,、;；]/g, ' ')
  const spans: string[] = []
  let last = -1
  for (const part of plain.split(/\s+/).filter(Boolean)) {
    const found = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(part)
    if (!found) return null
    const [h1, m1, h2, m2] = found.slice(1).map(Number) as [number, number, number, number]
    const from = h1 * 60 + m1
    const to = h2 * 60 + m2
    if (m1 > 59 || m2 > 59 || from >= to || to > 24 * 60 || from < last) return null
    last = to
    const two = (n: number) => String(n).padStart(2, '0')
    spans.push(`${two(h1)}:${two(m1)}-${two(h2)}:${two(m2)}`)
  }
  return spans
}

/** What was written, or the first piece that is wrong. */
export function read(text: OpeningText): Read {
  const weekly: string[][] = []
  for (const line of text.weekly) {
    const spans = spansOf(line)
    if (!spans) return { wrong: line.trim() }
    weekly.push(spans)
  }
  const dates: Record<string, string[]> = {}
  for (const line of text.dates.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const [date = '', ...rest] = line.split(/\s+/)
    const spans = spansOf(rest.join(' '))
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date)) || !spans) return { wrong: line }
    dates[date] = spans
  }
  return { opening: { weekly, dates } }
}

/** Runs of weekdays with the same hours, as `[first, last, spans]`; for a short display. */
export function runsOf(opening: OpeningHours): [number, number, string[]][] {
  const runs: [number, number, string[]][] = []
  for (let day = 0; day < WEEKDAYS; day++) {
    const spans = opening.weekly[day] ?? []
    const run = runs.at(-1)
    if (run && run[2].join() === spans.join()) run[1] = day
    else runs.push([day, day, spans])
  }
  return runs
}

/** What holds where nothing is set. */
export const USUAL: OpeningHours = {
  weekly: [...Array.from({ length: 5 }, () => ['08:30-17:30']), [], []],
  dates: {},
}
