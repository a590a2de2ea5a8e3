/** Frames of the live protocol, version 2 (docs/live-protocol.md). */

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

/** `[id, name, name_en, institution's id, state, since, seq, confidence, current_a]` */
export type InstrumentRow = [
  id: string,
  name: string,
  nameEn: string,
  institution: string,
  state: number,
  since: number,
  seq: number,
  confidence: number,
  current: number | null,
]

/** An instrument of the set has another state. */
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

/** An instrument came into the set, or the catalogue says something else of it. */
export interface RowChange {
  kind: 'row'
  institution: Institution
  instrument: InstrumentRow
}

/** An instrument is not in the set any more. */
export interface LeftChange {
  kind: 'left'
  id: string
}

export interface AlertChange {
  kind: 'alert'
  id: string
  step: string
  at: number
  /** The alert's own id. */
  alert: string
  about: string
  severity: string
  since: number
  raised: number
  cleared: number | null
  acknowledged_by: string | null
  silenced_until: number | null
}

export type Change = StateChange | RowChange | LeftChange | AlertChange

export interface HelloFrame {
  type: 'hello'
  protocol: number
  server_time: number
  /** Whom the server took the client for. */
  name: string
}

export interface SubscribedFrame {
  type: 'subscribed'
  epoch: string
  /** Whether every missed change follows; else a snapshot does. */
  recovered: boolean
  /** Where the server is: who has everything up to here is up to date. */
  offset: number
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
  /** What the client has to hold before … */
  after: number
  /** … and holds then. */
  offset: number
  /** Changes left out because the client was too slow. */
  coalesced?: number
  changes: Change[]
}

export interface ReadingFrame {
  type: 'reading'
  id: string
  readings: [number, number][]
}

export interface HeartbeatFrame {
  type: 'heartbeat'
  after: number | null
  offset: number | null
  server_time: number
}

export interface ErrorFrame {
  type: 'error'
  code: string
  detail: string
}

/** Those that have a compact form, too. */
export type LargeFrame = SnapshotFrame | DeltaFrame | ReadingFrame

export type ServerFrame = HelloFrame | SubscribedFrame | LargeFrame | HeartbeatFrame | ErrorFrame

/** What a client wants to see: every condition has to hold, and of each one value. */
export interface Where {
  unit?: string[]
  class?: string[]
  state?: StateName[]
  instrument?: string[]
  q?: string
}

export type Format = 'json' | 'binary'

export type ClientFrame =
  | { type: 'auth'; token?: string }
  | { type: 'subscribe'; where?: Where; format?: Format; resume?: { epoch: string; offset: number } }
  | { type: 'watch' | 'unwatch'; instrument: string }

/** Close codes: who this is was not shown or holds no longer; too much is open. */
export const NOT_ADMITTED = 4401
export const TOO_MANY = 4429
