import { http, unwrap, type Ok } from './client'
import type { paths } from './schema'

export type AlertPage = Ok<'/api/v1/alerts'>
export type Alert = AlertPage['items'][number]
export type AlertCount = AlertPage['counts'][number]
export type AlertHistory = Ok<'/api/v1/alerts/{id}'>
export type AlertStep = AlertHistory['steps'][number]
export type AlertQuery = NonNullable<paths['/api/v1/alerts']['get']['parameters']['query']>
/** Either of both. */
export type SilenceFor = { minutes: number } | { until: number }

const at = (id: string) => ({ params: { path: { id } } })

export const alertApi = {
  list: (query: AlertQuery) => unwrap(http.GET('/api/v1/alerts', { params: { query } })),
  one: (id: string) => unwrap(http.GET('/api/v1/alerts/{id}', at(id))),
  acknowledge: (ids: string[], note: string) => unwrap(http.POST('/api/v1/alerts/acknowledge', { body: { ids, note } })),
  silence: (id: string, how: SilenceFor, reason: string) =>
    unwrap(http.POST('/api/v1/alerts/{id}/silence', { ...at(id), body: { ...how, reason } })),
  unsilence: (id: string) => unwrap(http.POST('/api/v1/alerts/{id}/unsilence', at(id))),
}
