import type { components, paths } from './schema'
import { http, unwrap, type Ok } from './client'

type Schemas = components['schemas']
export type Job = Schemas['JobView']
export type NewJob = Schemas['NewJob']
export type LogPage = Ok<'/api/v1/training/jobs/{job}/log'>
export type LogLine = LogPage['items'][number]
export type Version = Schemas['VersionView']
export type Label = Ok<'/api/v1/instruments/{id}/labels'>['items'][number]
export type Edit = Ok<'/api/v1/instruments/{id}/labels/edits'>['items'][number]
export type LevelName = Schemas['Names']['levels'][number]
/** A span to be painted; null erases. */
export interface Stroke {
  start: number
  end: number
  state: string | null
}

/** The fleet's models with what they need of a person. */
export type FleetModels = Ok<'/api/v1/models'>
export type FleetModel = FleetModels['items'][number]
export type FleetModelsQuery = NonNullable<paths['/api/v1/models']['get']['parameters']['query']>

const at = (id: string) => ({ params: { path: { id } } })
const atJob = (job: string) => ({ params: { path: { job } } })

export const modelApi = {
  fleet: (query: FleetModelsQuery) => unwrap(http.GET('/api/v1/models', { params: { query } })),

  jobs: () => unwrap(http.GET('/api/v1/training/jobs')),
  job: (job: string) => unwrap(http.GET('/api/v1/training/jobs/{job}', atJob(job))),
  train: (body: NewJob) => unwrap(http.POST('/api/v1/training/jobs', { body })),
  cancel: (job: string) => unwrap(http.DELETE('/api/v1/training/jobs/{job}', atJob(job))),
  log: (job: string, after: number) =>
    unwrap(http.GET('/api/v1/training/jobs/{job}/log', { params: { path: { job }, query: { after } } })),

  nameLevels: (id: string, levels: LevelName[]) => unwrap(http.PUT('/api/v1/instruments/{id}/levels', { ...at(id), body: { levels } })),
  labels: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}/labels', at(id))),
  edits: (id: string) => unwrap(http.GET('/api/v1/instruments/{id}/labels/edits', at(id))),
  paint: (id: string, spans: Stroke[]) => unwrap(http.POST('/api/v1/instruments/{id}/labels', { ...at(id), body: { spans } })),
  undo: (id: string, edit: number) =>
    unwrap(http.DELETE('/api/v1/instruments/{id}/labels/edits/{edit}', { params: { path: { id, edit } } })),

  promote: (id: string, version: number | null, reason: string) =>
    unwrap(http.POST('/api/v1/instruments/{id}/models/promotions', { ...at(id), body: { version, reason } })),
  artifact: (id: string, version: number) => `/api/v1/instruments/${encodeURIComponent(id)}/models/${version}/artifact`,
  /** Sends a file as it is; the server says whether it is a model of this instrument. */
  importModel: (id: string, file: File) =>
    unwrap(
      http.POST('/api/v1/instruments/{id}/models', {
        ...at(id),
        headers: { 'Content-Type': 'application/octet-stream' },
        body: [],
        bodySerializer: () => file,
      }),
    ),
}
