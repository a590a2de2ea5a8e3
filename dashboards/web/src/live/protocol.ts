/** Frames of the live protocol, version 1 (docs/live-protocol.md). */

/** State names in the order of their wire codes: the index is the code. */
export const STATES = ['unknown', 'offline', 'off', 'standby', 'on'] as const
export type StateName = (typeof STATES)[number]

export const UNKNOWN = 0
export const OFFLINE = 1
export const OFF = 2
export const STANDBY = 3
export const ON = 4

/** The order in which people read states: what works first, what is lost last. */
export const READING_ORDER = [ON, STANDBY, OFF, OFFLINE, UNKNOWN] as const

const CODES = new Map<string, number>(STATES.map((name, code) => [name, code]))

/** The wire code of a state name; a name this build does not know counts as unknown. */
export function stateCode(name: string): number {
  return CODES.get(name) ?? UNKNOWN
}

export function stateName(code: number): StateName {
  return STATES[code] ?? 'unknown'
}

export interface Institution {
  id: string
  name: string
  name_en: string
  city: string
  city_en: string
}

/** `[id, name, name_en, institution, state, since, seq, confidence, current_a]` */
export type InstrumentRow = [
  id: string,
  name: string,
  nameEn: string,
  institution: number,
  state: number,
  since: number,
  seq: number,
  confidence: number,
  current: number | null,
]

export interface StateChange {
  kind: 'state'
  id: string
  seq: number
  from: string
  state: string
  at: number
  confidence: number
  cause: string
  model: string
}

export interface AddedChange {
  kind: 'added'
  institution: Institution
  instrument: InstrumentRow
}

export type Change = StateChange | AddedChange

export interface HelloFrame {
  type: 'hello'
  protocol: number
  epoch: string
  server_time: number
}

export interface SnapshotFrame {
  type: 'snapshot'
  epoch: string
  offset: number
  page: number
  pages: number
  institutions: Institution[]
  instruments: InstrumentRow[]
}

export interface DeltaFrame {
  type: 'delta'
  offset: number
  changes: Change[]
}

export interface ReadingFrame {
  type: 'reading'
  id: string
  readings: [number, number][]
}

export interface HeartbeatFrame {
  type: 'heartbeat'
  offset: number
  server_time: number
}

export interface ErrorFrame {
  type: 'error'
  code: string
  detail: string
}

export type ServerFrame = HelloFrame | SnapshotFrame | DeltaFrame | ReadingFrame | HeartbeatFrame | ErrorFrame

export type ClientFrame = { type: 'watch' | 'unwatch'; instrument: string } | { type: 'resync' }
