import { ApiError, http, unwrap, type Ok } from './client'

export type System = Ok<'/api/v1/system'>
export type Readiness = Ok<'/readyz'>
export type Influx = Ok<'/api/v1/influx'>
export type Stream = Influx['streams'][number]
export type SetAside = Ok<'/api/v1/influx/set-aside'>

export const systemApi = {
  system: () => unwrap(http.GET('/api/v1/system')),
  influx: () => unwrap(http.GET('/api/v1/influx')),
  setAside: (limit: number, before?: string) => unwrap(http.GET('/api/v1/influx/set-aside', { params: { query: { limit, before } } })),
  sendAgain: () => unwrap(http.POST('/api/v1/influx/set-aside/retry')),

  /** That it is not ready is an answer (503), and not a failure. */
  async readiness(): Promise<Readiness> {
    const answer = await http.GET('/readyz').catch((cause: unknown) => {
      throw new ApiError(0, String(cause))
    })
    const said = answer.data ?? answer.error
    return said && 'ready' in said ? said : unwrap(Promise.resolve(answer))
  },
}
