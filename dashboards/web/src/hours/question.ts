import type { LocationQuery } from 'vue-router'
import type { HoursBy, HoursPer, HoursQuery, HoursRow } from '@/api/hours'
import type { Unit } from '@/tree/units'
import { daysOf, isDay, offeredPeriods, SPANS, usualPeriod, daysFit, type Days, type Span } from './days'
import { passed, perDay } from './figures'

export const GROUPS = ['city', 'county', 'institution', 'laboratory', 'class', 'instrument'] as const
export type Group = (typeof GROUPS)[number]
export type Period = Exclude<HoursPer, 'total'>

/** `mean` is effective hours of an instrument a day. */
export const COLUMNS = ['group', 'instruments', 'effective_ms', 'mean', 'on_ms', 'standby_ms', 'off_ms', 'offline_ms', 'unknown_ms', 'idle_rate', 'coverage'] as const
export type Column = (typeof COLUMNS)[number]
export type Order = 'asc' | 'desc'

export interface HoursQuestion {
  span: Span
  days: Days
  unit: string
  class: string
  /** Empty is what stands below the unit. */
  by: Group | ''
  per: Period
  sort: Column
  order: Order
  page: number
}

function text(query: LocationQuery, key: string): string {
  const value = query[key]
  return String((Array.isArray(value) ? value[0] : value) ?? '')
}

/** Texts begin with the first of the alphabet, figures with the largest. */
export const firstOrder = (column: string): Order => (column === 'group' ? 'asc' : 'desc')

/** Reads an address; what does not belong there is passed over. */
export function questionOf(query: LocationQuery, today: string): HoursQuestion {
  const chosen = { from: text(query, 'from'), to: text(query, 'to') }
  const custom = isDay(chosen.from) && isDay(chosen.to) && daysFit(chosen)
  const named = SPANS.find((name) => name === text(query, 'span')) ?? '30d'
  const days = custom ? chosen : daysOf(named, today)
  const sort = COLUMNS.find((name) => name === text(query, 'sort')) ?? 'mean'
  const order = text(query, 'order')
  return {
    span: custom ? 'custom' : named,
    days,
    unit: text(query, 'unit'),
    class: text(query, 'class'),
    by: GROUPS.find((group) => group === text(query, 'by')) ?? '',
    per: offeredPeriods(days).find((per) => per === text(query, 'per')) ?? usualPeriod(days),
    sort,
    order: order === 'asc' || order === 'desc' ? order : firstOrder(sort),
    page: Math.max(1, Math.floor(Number(text(query, 'page'))) || 1),
  }
}

/** Of which instruments, and when. */
export function scopeQuery(q: HoursQuestion, days: Days = q.days): HoursQuery {
  return { ...days, unit: q.unit || undefined, class: q.class || undefined }
}

export function csvAddress(q: HoursQuestion, by: HoursBy, per: HoursPer): string {
  const words = new URLSearchParams()
  for (const [key, value] of Object.entries({ ...scopeQuery(q), by, per })) if (value !== undefined) words.set(key, String(value))
  return `/api/v1/hours.csv?${words}`
}

/** What a unit is divided into: the next kind of unit below it of which there are several, else its instruments. */
export function groupBelow(unit: string, all: readonly Unit[]): Group {
  const top = all.find((one) => one.id === unit)?.path ?? ''
  const below = all.filter((one) => one.instruments > 0 && one.path.startsWith(top) && one.id !== unit)
  const of = (kind: Unit['kind']) => below.filter((one) => one.kind === kind)
  const counties = of('county').map((one) => one.path)
  for (const kind of ['city', 'county', 'institution', 'laboratory'] as const) {
    // Counties only where they hold everything: beside them institutions would be lost in a rest.
    if (kind === 'county' && !of('institution').every((one) => counties.some((path) => one.path.startsWith(path)))) continue
    if (of(kind).length > 1) return kind
  }
  return 'instrument'
}

/** The unit that a group is; empty where it is none that one sees. Cities are grouped by their names. */
export function unitOfGroup(by: Group, id: string, all: readonly Unit[]): string {
  if (by === 'class' || by === 'instrument' || !id) return ''
  return all.find((one) => one.kind === by && (one.id === id || (by === 'city' && one.name === id)))?.id ?? ''
}

function valueOf(row: HoursRow, column: Exclude<Column, 'group'>): number | null {
  return column === 'mean' ? perDay(row.effective_ms, passed(row)) : row[column]
}

/** What has no value comes last, whichever way it is sorted. */
export function sortRows(rows: readonly HoursRow[], column: Column, order: Order, name: (row: HoursRow) => string, locale: string): HoursRow[] {
  const sign = order === 'asc' ? 1 : -1
  const words = new Intl.Collator(locale)
  return [...rows].sort((a, b) => {
    if (column === 'group') return sign * words.compare(name(a), name(b))
    const x = valueOf(a, column)
    const y = valueOf(b, column)
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return sign * (x - y) || words.compare(name(a), name(b))
  })
}
