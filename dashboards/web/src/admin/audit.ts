import type { AuditQuery } from '@/api/admin'
import { dayEnd, dayStart } from './when'

/** What the address of the page asks for; days are in China time, both included. */
export type Query = Record<string, unknown>

const text = (value: unknown) => (typeof value === 'string' && value.trim() ? value.trim() : undefined)

export function askOf(query: Query, size: number): AuditQuery {
  const page = Math.max(1, Math.floor(Number(query.page)) || 1)
  return { ...filterOf(query), limit: size, offset: (page - 1) * size }
}

export function filterOf(query: Query): AuditQuery {
  return {
    account: text(query.account),
    operation: text(query.operation),
    path: text(query.path),
    from: dayStart(String(query.from ?? '')) ?? undefined,
    to: dayEnd(String(query.to ?? '')) ?? undefined,
  }
}

/** The file of all that the filters let through. */
export function csvOf(query: Query): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(filterOf(query))) if (value !== undefined) search.set(key, String(value))
  const tail = search.toString()
  return `/api/v1/audit.csv${tail ? `?${tail}` : ''}`
}

export interface Difference {
  field: string
  before: string
  after: string
}

type Json = unknown

/** Fields of both, in their order, flat: `grants.0.role`. */
function flat(value: Json, prefix: string, into: Map<string, string>): void {
  if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    for (const [key, one] of Object.entries(value)) flat(one, prefix ? `${prefix}.${key}` : key, into)
  } else if (prefix && value !== undefined) {
    into.set(prefix, typeof value === 'string' ? value : JSON.stringify(value))
  } else if (value !== undefined && value !== null) {
    into.set('', typeof value === 'string' ? value : JSON.stringify(value))
  }
}

/** What became another: fields that are the same are left out. */
export function differences(before: Json, after: Json): Difference[] {
  const was = new Map<string, string>()
  const is = new Map<string, string>()
  flat(before, '', was)
  flat(after, '', is)
  const fields = [...was.keys(), ...[...is.keys()].filter((key) => !was.has(key))]
  return fields
    .filter((field) => was.get(field) !== is.get(field))
    .map((field) => ({ field, before: was.get(field) ?? '', after: is.get(field) ?? '' }))
}

/** What a request said, as lines; empty where it said nothing. */
export function linesOf(request: Json): { field: string; value: string }[] {
  const found = new Map<string, string>()
  flat(request, '', found)
  return [...found].map(([field, value]) => ({ field, value }))
}

/** How a write ended. */
export function endOf(status: number | null | undefined): 'done' | 'refused' | 'failed' | 'unknown' {
  if (status === null || status === undefined) return 'unknown'
  if (status < 400) return 'done'
  return status < 500 ? 'refused' : 'failed'
}
