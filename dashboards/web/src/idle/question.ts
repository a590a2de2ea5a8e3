import type { LocationQuery } from 'vue-router'
import type { IdleBy, IdleGroup, IdleQuery, IdleSort, IdleSummaryQuery } from '@/api/idle'
import { ZONE_OFFSET_MS } from '@/i18n/format'

const DAY_MS = 86_400_000
/** As many days as the server counts at once. */
export const MOST_DAYS = 366
export const DEFAULT_DAYS = 30

/** What instruments can be idle by now; `all` is no condition. */
export const NOW_CHOICES = ['standby', 'not-on', 'all'] as const
export type NowChoice = (typeof NOW_CHOICES)[number]

export const GROUPS = ['city', 'institution', 'laboratory', 'class'] as const satisfies readonly IdleBy[]
export type Group = (typeof GROUPS)[number]

export const COLUMNS = [
  'name',
  'unit',
  'class',
  'state',
  'standby_for_ms',
  'not_on_for_ms',
  'standby_ms',
  'standby_open_ms',
  'standby_closed_ms',
  'on_ms',
  'idle_rate',
  'kwh',
  'estimated',
  'coverage',
  'current_a',
] as const satisfies readonly IdleSort[]
export type Column = (typeof COLUMNS)[number]

export const GROUP_COLUMNS = [
  'group',
  'instruments',
  'standby_now',
  'not_on_now',
  'standby_ms',
  'standby_open_ms',
  'standby_closed_ms',
  'on_ms',
  'idle_rate',
  'kwh',
  'estimated',
  'coverage',
] as const
export type GroupColumn = (typeof GROUP_COLUMNS)[number]

/** Minutes that a filter offers. */
export const LEAST_MINUTES = [10, 30, 60, 240, 1440, 10_080, 43_200]

export type Order = 'asc' | 'desc'

export interface IdleQuestion {
  unit: string
  class: string
  now: NowChoice
  least: number
  /** Local days; empty is what the server takes by itself. */
  from: string
  to: string
  by: Group | ''
  sort: string
  order: Order
  page: number
}

const TEXTS: readonly string[] = ['name', 'unit', 'class', 'state', 'group']

/** Texts begin with the first of the alphabet, figures with the largest: that is what people look for. */
export function firstOrder(column: string): Order {
  return TEXTS.includes(column) ? 'asc' : 'desc'
}

function text(query: LocationQuery, key: string): string {
  const value = query[key]
  return String((Array.isArray(value) ? value[0] : value) ?? '')
}

function day(value: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : ''
}

/** Reads an address; what does not belong there is passed over. */
export function questionOf(query: LocationQuery): IdleQuestion {
  const now = NOW_CHOICES.find((choice) => choice === text(query, 'idle')) ?? 'standby'
  const by = GROUPS.find((group) => group === text(query, 'by')) ?? ''
  const columns: readonly string[] = by ? GROUP_COLUMNS : COLUMNS
  const fallback = by ? 'standby_ms' : now === 'standby' ? 'standby_for_ms' : now === 'not-on' ? 'not_on_for_ms' : 'standby_ms'
  const sort = columns.includes(text(query, 'sort')) ? text(query, 'sort') : fallback
  const order = text(query, 'order')
  return {
    unit: text(query, 'unit'),
    class: text(query, 'class'),
    now,
    least: Math.max(0, Math.floor(Number(text(query, 'least'))) || 0),
    from: day(text(query, 'from')),
    to: day(text(query, 'to')),
    by,
    sort,
    order: order === 'asc' || order === 'desc' ? order : firstOrder(sort),
    page: Math.max(1, Math.floor(Number(text(query, 'page'))) || 1),
  }
}

/** What the server is asked in any case. */
export function spanQuery(q: IdleQuestion): Pick<IdleSummaryQuery, 'from' | 'to' | 'unit' | 'class'> {
  return { from: q.from || undefined, to: q.to || undefined, unit: q.unit || undefined, class: q.class || undefined }
}

export function nowQuery(q: IdleQuestion): Pick<IdleSummaryQuery, 'idle' | 'least_minutes'> {
  return { idle: q.now === 'all' ? undefined : q.now, least_minutes: q.least || undefined }
}

export function listQuery(q: IdleQuestion, size: number, english: boolean): IdleQuery {
  const sort = q.sort === 'name' && english ? 'name_en' : (q.sort as IdleSort)
  return { ...spanQuery(q), ...nowQuery(q), sort, order: q.order, limit: size, offset: (q.page - 1) * size }
}

/** The same rows as a file: all of them. */
export function csvAddress(q: IdleQuestion): string {
  const words = new URLSearchParams()
  for (const [key, value] of Object.entries(listQuery({ ...q, by: '' }, 1, false))) {
    if (value !== undefined && key !== 'limit' && key !== 'offset') words.set(key, String(value))
  }
  // Groups are sorted by what instruments are not.
  if (q.by) words.set('sort', 'standby_ms')
  return `/api/v1/idle.csv?${words}`
}

/** Days, `n` of them, of which the last one is today where the instruments stand. */
export function lastDays(n: number, now: number): { from: string; to: string } {
  const local = (ms: number) => new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 10)
  return { from: local(now - (n - 1) * DAY_MS), to: local(now) }
}

export function daysFit(from: string, to: string): boolean {
  const n = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
  return n >= 1 && n <= MOST_DAYS
}

/** What has no value comes last, whichever way it is sorted. */
export function sortGroups(groups: readonly IdleGroup[], column: GroupColumn, order: Order, name: (group: IdleGroup) => string, locale: string): IdleGroup[] {
  const sign = order === 'asc' ? 1 : -1
  return [...groups].sort((a, b) => {
    if (column === 'group') return sign * name(a).localeCompare(name(b), locale)
    const x = a[column]
    const y = b[column]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return sign * (x - y) || name(a).localeCompare(name(b), locale)
  })
}

/** Hours with the digits that say something: 0.02, 1.5, 320. */
export function hourDigits(ms: number): number {
  const h = ms / 3_600_000
  return h >= 100 ? 0 : h >= 1 ? 1 : 2
}

export function kwhDigits(kwh: number): number {
  return kwh >= 100 ? 0 : kwh >= 1 ? 1 : 3
}
