import type { components } from './schema'
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

/** One instrument of the fleet with what its model needs of a person. */
export interface FleetModel {
  id: string
  name: string
  name_en: string
  class: string
  unit: Schemas['UnitRef']
  institution: Schemas['Institution']
  needs: string[]
  /** The version that serves; null is the instrument's own calibration. */
  serving: number | null
  newest: number | null
  /** When the newest version was trained, and how it was judged then. */
  trained_at: number | null
  macro_f1: number | null
  /** When a person last labelled. */
  labelled_until: number | null
  drifted_at: number | null
}

export interface FleetModels {
  counts: Record<string, number>
  instruments: number
  trained: number
  total: number
  items: FleetModel[]
}

export interface FleetModelsQuery {
  needs?: string
  q?: string
  unit?: string
  class?: string
  limit?: number
  offset?: number
}

const at = (id: string) => ({ params: { path: { id } } })
const atJob = (job: string) => ({ params: { path: { job } } })

export const modelApi = {
  fleet: (query: FleetModelsQuery) => unwrap(http.GET('/api/v1/models' as never, { params: { query } } as never)) as Promise<FleetModels>,

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
