import { ApiError, http, unwrap, type Ok } from './client'
import type { components, paths } from './schema'

/** What the pages of the fleet ask: instruments to change, sensors, bindings, clients, and what was refused. */
type Schemas = components['schemas']
export type NewInstrument = Schemas['NewInstrument']
export type InstrumentDetails = Schemas['InstrumentDetails']
export type Contact = Schemas['Contact']
/** The schema names a sensor's problem like the problem of a request: here it is the word that it is. */
export type SensorHealth = Omit<Schemas['SensorHealth'], 'problems'> & { problems: string[] }
export type SensorItem = SensorHealth & { instrument: string }
export type Binding = Ok<'/api/v1/bindings/{instrument}'>
export type NewBinding = Schemas['NewBinding']
export type BindingQuery = NonNullable<paths['/api/v1/bindings']['get']['parameters']['query']>
export type BindingReport = Schemas['ImportReport']
export type Client = Schemas['ClientView']
export type Credentials = Schemas['ClientCredentials']
export type RefusedClient = Schemas['RefusedClient']
export type Refusal = Schemas['RefusalView']
export type RefusalQuery = NonNullable<paths['/api/v1/ingest/refusals']['get']['parameters']['query']>

const byId = (id: string) => ({ params: { path: { id } } })
const byInstrument = (instrument: string) => ({ params: { path: { instrument } } })
const byClient = (client_id: string) => ({ params: { path: { client_id } } })

export const fleetApi = {
  add: (body: NewInstrument) => unwrap(http.POST('/api/v1/instruments', { body })),
  change: (id: string, version: number, patch: Record<string, unknown>) =>
    unwrap(
      http.PATCH('/api/v1/instruments/{id}', {
        params: { path: { id }, header: { 'If-Match': `"${version}"` } },
        headers: { 'Content-Type': 'application/merge-patch+json' },
        // A patch names some fields alone, and empties them by null.
        body: patch as never,
      }),
    ),
  retire: (id: string) => unwrap(http.POST('/api/v1/instruments/{id}/retire', byId(id))),
  restore: (id: string) => unwrap(http.POST('/api/v1/instruments/{id}/restore', byId(id))),

  sensor: async (id: string) => (await unwrap(http.GET('/api/v1/instruments/{id}/sensor', byId(id)))) as unknown as SensorHealth,
  sensorProblems: async (query: { problem?: string; after?: string; limit: number }) => {
    const page = await unwrap(http.GET('/api/v1/sensors/problems', { params: { query: query as never } }))
    return { ...page, items: page.items as unknown as SensorItem[] }
  },

  bindings: (query: BindingQuery) => unwrap(http.GET('/api/v1/bindings', { params: { query } })),
  /** None is an answer, and not a failure. */
  binding: (instrument: string) =>
    unwrap(http.GET('/api/v1/bindings/{instrument}', byInstrument(instrument))).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null
      throw error
    }),
  bind: (instrument: string, body: NewBinding) => unwrap(http.PUT('/api/v1/bindings/{instrument}', { ...byInstrument(instrument), body })),
  unbind: (instrument: string) => unwrap(http.DELETE('/api/v1/bindings/{instrument}', byInstrument(instrument))),
  readBindings,

  clients: () => unwrap(http.GET('/api/v1/clients')),
  addClient: (client_id: string) => unwrap(http.POST('/api/v1/clients', { body: { client_id } })),
  removeClient: (client_id: string) => unwrap(http.DELETE('/api/v1/clients/{client_id}', byClient(client_id))),
  renewToken: (client_id: string) => unwrap(http.POST('/api/v1/clients/{client_id}/token', byClient(client_id))),

  refusals: (query: RefusalQuery) => unwrap(http.GET('/api/v1/ingest/refusals', { params: { query } })),
  refusalsOf: (client: string) => unwrap(http.GET('/api/v1/ingest/refusals/{client}', { params: { path: { client } } })),
  strangers: (limit: number, offset: number) => unwrap(http.GET('/api/v1/ingest/strangers', { params: { query: { limit, offset } } })),
}

/** Sends a file of bindings as it is; one with wrong rows is answered by the same report, row by row. */
async function readBindings(file: Blob, dry_run: boolean): Promise<BindingReport> {
  const answer = await http.POST('/api/v1/bindings.csv', {
    params: { query: { dry_run } },
    headers: { 'Content-Type': 'text/csv' },
    body: '',
    bodySerializer: () => file,
  })
  const report = answer.error as unknown as BindingReport | undefined
  if (answer.response.status === 422 && Array.isArray(report?.rows)) return report
  return unwrap(Promise.resolve(answer))
}
