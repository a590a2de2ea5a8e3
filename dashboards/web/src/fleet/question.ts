import type { LocationQuery } from 'vue-router'
import type { InstrumentQuery } from '@/api/client'

/** What the list of instruments is asked, as the address holds it. */
export interface ListQuestion {
  q: string
  code: string
  unit: string
  class: string
  state: string
  /** By name: older addresses have it. */
  city: string
  retired: boolean
  page: number
}

export function textIn(query: LocationQuery, key: string): string {
  const value = query[key]
  return String((Array.isArray(value) ? value[0] : value) ?? '')
}

export const pageIn = (query: LocationQuery): number => Math.max(1, Math.floor(Number(textIn(query, 'page'))) || 1)

export function listQuestion(query: LocationQuery): ListQuestion {
  const text = (key: string) => textIn(query, key)
  return {
    q: text('q'),
    code: text('code'),
    unit: text('unit'),
    class: text('class'),
    state: text('state'),
    city: text('city'),
    retired: text('retired') === 'yes',
    page: pageIn(query),
  }
}

/** How many of the filters are set. */
export const used = (q: ListQuestion): number => [q.q, q.code, q.unit, q.class, q.state, q.city, q.retired].filter(Boolean).length

export function listQuery(q: ListQuestion, size: number): InstrumentQuery {
  return {
    q: q.q || undefined,
    code: q.code || undefined,
    unit: q.unit || undefined,
    class: q.class || undefined,
    city: q.city || undefined,
    state: (q.state || undefined) as InstrumentQuery['state'],
    retired: q.retired || undefined,
    limit: size,
    offset: (q.page - 1) * size,
  }
}
