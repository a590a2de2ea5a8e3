import type { LocationQuery } from 'vue-router'
import type { AlertCount, AlertQuery, AlertStep } from '@/api/alerts'
import { ZONE_OFFSET_MS } from '@/i18n/format'

/** The most severe first: that is how they are read. */
export const SEVERITIES = ['critical', 'serious', 'warning', 'notice'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Kinds that something raises; those of bookings come with bookings. */
export const KINDS = ['standby-idle', 'unused', 'off-hours-on', 'offline', 'model-drift', 'sensor-frozen', 'clock-skew'] as const

export const SORTS = ['severe', 'newest'] as const

export interface AlertQuestion {
  all: boolean
  kinds: string[]
  severity: string
  unit: string
  class: string
  instrument: string
  /** `yes`, `no`, or nothing for both. */
  acknowledged: '' | 'yes' | 'no'
  silenced: '' | 'yes' | 'no'
  sort: (typeof SORTS)[number]
  page: number
  /** The one that is looked at. */
  alert: string
}

function text(query: LocationQuery, key: string): string {
  const value = query[key]
  return String((Array.isArray(value) ? value[0] : value) ?? '')
}

function either(value: string): '' | 'yes' | 'no' {
  return value === 'yes' || value === 'no' ? value : ''
}

/** Reads an address; what does not belong there is passed over. */
export function questionOf(query: LocationQuery): AlertQuestion {
  return {
    all: text(query, 'all') === 'yes',
    kinds: text(query, 'kind').split(',').filter((kind) => /^[a-z-]+$/.test(kind)),
    severity: SEVERITIES.find((s) => s === text(query, 'severity')) ?? '',
    unit: text(query, 'unit'),
    class: text(query, 'class'),
    instrument: text(query, 'instrument'),
    acknowledged: either(text(query, 'acknowledged')),
    silenced: either(text(query, 'silenced')),
    sort: SORTS.find((s) => s === text(query, 'sort')) ?? 'severe',
    page: Math.max(1, Math.floor(Number(text(query, 'page'))) || 1),
    alert: text(query, 'alert'),
  }
}

const flag = (value: '' | 'yes' | 'no') => (value === '' ? undefined : value === 'yes')

/** What is counted: everything but kind and severity, which the counts themselves choose. */
export function countQuery(q: AlertQuestion): AlertQuery {
  return {
    all: q.all || undefined,
    unit: q.unit || undefined,
    class: q.class || undefined,
    instrument: q.instrument || undefined,
    acknowledged: flag(q.acknowledged),
    silenced: flag(q.silenced),
    limit: 1,
  }
}

export function listQuery(q: AlertQuestion, size: number): AlertQuery {
  return {
    ...countQuery(q),
    kind: q.kinds.join(',') || undefined,
    severity: q.severity || undefined,
    sort: q.sort,
    limit: size,
    offset: (q.page - 1) * size,
  }
}

/** The same as a file: all that match. */
export function csvAddress(q: AlertQuestion): string {
  const words = new URLSearchParams()
  for (const [key, value] of Object.entries(listQuery(q, 1))) {
    if (value !== undefined && key !== 'limit' && key !== 'offset') words.set(key, String(value))
  }
  return `/api/v1/alerts.csv?${words}`
}

export function bySeverity(counts: readonly AlertCount[], severity: string): number {
  return counts.reduce((sum, c) => (c.severity === severity ? sum + c.count : sum), 0)
}

/** Kinds that there are, the most frequent first, and those that are asked for. */
export function byKind(counts: readonly AlertCount[], asked: readonly string[]): { kind: string; count: number }[] {
  const sums = new Map<string, number>(asked.map((kind) => [kind, 0]))
  for (const c of counts) sums.set(c.kind, (sums.get(c.kind) ?? 0) + c.count)
  return [...sums].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count || a.kind.localeCompare(b.kind))
}

export function toggled(kinds: readonly string[], kind: string): string[] {
  return kinds.includes(kind) ? kinds.filter((k) => k !== kind) : [...kinds, kind]
}

/** Whom a step names, and what they said. */
export function saidOf(step: AlertStep): { by: string; text: string; until: number | null } {
  if (step.step === 'acknowledged' && step.acknowledged) return { by: step.acknowledged.by, text: step.acknowledged.note, until: null }
  if (step.step === 'silenced' && step.silenced) return { by: step.silenced.by, text: step.silenced.reason, until: step.silenced.until }
  return { by: '', text: '', until: null }
}

/** For how long a silence may be chosen with one press, in minutes. */
export const SILENCE_MINUTES = [60, 240, 1440, 10_080]
const MOST_SILENCE_MS = 366 * 86_400_000

/** The value of a `datetime-local` field as the time where the instruments stand; null unless a silence can end then. */
export function silenceEnd(field: string, now: number): number | null {
  const at = Date.parse(`${field}Z`) - ZONE_OFFSET_MS
  return at > now && at <= now + MOST_SILENCE_MS ? at : null
}

/** The other way: what such a field shows for a time. */
export function fieldOf(ms: number): string {
  return new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 16)
}
