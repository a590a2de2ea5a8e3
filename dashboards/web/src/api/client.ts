import createClient from 'openapi-fetch'
import type { paths } from './schema'

/** The server's typed client; its types come from `openapi.json` through `npm run api`. */
export const http = createClient<paths>({ baseUrl: '' })

let signedOut = () => {}

/** Calls `then` when the server no longer knows who asks: the session ended or ran out. */
export function onSignedOut(then: () => void): void {
  signedOut = then
}

http.use({
  onResponse({ response, schemaPath }) {
    // Of signing in itself 401 says that the password was wrong.
    if (response.status === 401 && !schemaPath.startsWith('/api/v1/session')) signedOut()
  },
})

type Ok<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer T } } } }
}
  ? T
  : never

export type InstrumentPage = Ok<'/api/v1/instruments'>
export type Instrument = Ok<'/api/v1/instruments/{id}'>
export type StateInterval = Ok<'/api/v1/instruments/{id}/states'>['items'][number]
type Chart = Extract<Ok<'/api/v1/instruments/{id}/readings'>, { bins: unknown }>
export type Me = Ok<'/api/v1/session'>
export type SignInMethods = Ok<'/api/v1/session/methods'>
export type Levels = Ok<'/api/v1/instruments/{id}/levels'>
export type Level = Levels['items'][number]
export type Models = Ok<'/api/v1/instruments/{id}/models'>
export type Promotion = Models['promotions'][number]
export type Drift = Ok<'/api/v1/models/drifts'>['items'][number]
export type InstrumentQuery = NonNullable<paths['/api/v1/instruments']['get']['parameters']['query']>

/** A request that failed; `status` is 0 when the server could not be reached at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** One way out for every failure: an `ApiError` with the problem's own words (RFC 9457). */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch (cause) {
    throw new ApiError(0, String(cause))
  }
  if (answer.response.ok) return answer.data as T
  const problem = answer.error as { title?: string; detail?: string } | undefined
  throw new ApiError(answer.response.status, problem?.detail ?? problem?.title ?? answer.response.statusText)
}

export const api = {
  me: () => unwrap(http.GET('/api/v1/session')),
  signInMethods: () => unwrap(http.GET('/api/v1/session/methods')),
  signIn: (login: string, password: string) => unwrap(http.POST('/api/v1/session', { body: { login, password } })),
  useLink: (token: string) => unwrap(http.POST('/api/v1/session/link', { body: { token } })),
  signOut: () => unwrap(http.DELETE('/api/v1/session')),
  setPassword: (body: { current?: string; new: string }) => unwrap(http.PUT('/api/v1/session/password', { body })),
  instruments: (query: InstrumentQuery) => unwrap(http.GET('/api/v1/instruments', { params: { query } })),
  instrument: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}', { params: { path: { id } } })),
  states: (id: string, from: number, to: number, signal?: AbortSignal) =>
    unwrap(http.GET('/api/v1/instruments/{id}/states', { params: { path: { id }, query: { from, to } }, signal })),
  chart: async (id: string, from: number, to: number, points: number, signal: AbortSignal): Promise<Chart> => {
    const query = { from, to, points }
    const answer = await unwrap(http.GET('/api/v1/instruments/{id}/readings', { params: { path: { id }, query }, signal }))
    // Without `points` the same route answers single readings.
    if ('bins' in answer) return answer
    throw new ApiError(0, 'the server answered single readings where bins were asked for')
  },
  levels: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}/levels', { params: { path: { id } } })),
  models: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}/models', { params: { path: { id } } })),
  drifts: () => unwrap(http.GET('/api/v1/models/drifts')),
  recent: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}/recent', { params: { path: { id } } })),
}
