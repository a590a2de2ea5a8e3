import { http, unwrap, type Ok } from './client'
import type { paths } from './schema'

export type IdlePage = Ok<'/api/v1/idle'>
export type IdleInstrument = IdlePage['items'][number]
export type IdleGroup = IdlePage['all']
export type IdleSummary = Ok<'/api/v1/idle/summary'>
export type IdleQuery = NonNullable<paths['/api/v1/idle']['get']['parameters']['query']>
export type IdleSort = NonNullable<IdleQuery['sort']>
export type IdleSummaryQuery = NonNullable<paths['/api/v1/idle/summary']['get']['parameters']['query']>
export type IdleBy = NonNullable<IdleSummaryQuery['by']>

export const idleApi = {
  list: (query: IdleQuery) => unwrap(http.GET('/api/v1/idle', { params: { query } })),
  summary: (query: IdleSummaryQuery) => unwrap(http.GET('/api/v1/idle/summary', { params: { query } })),
}
