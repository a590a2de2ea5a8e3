/**
 * - `idle`: not started
 * - `connecting`: first attempt, nothing to show yet
 * - `loading`: the first snapshot is arriving
 * - `live`: what is shown is the present
 * - `resyncing`: a change was missed; what is shown is old until all that was missed has come
 * - `reconnecting`: the connection is gone; what is shown is old
 * - `refused`: the server does not let the client in, and says why; it is asked again now and then
 */
export type LiveStatus = 'idle' | 'connecting' | 'loading' | 'live' | 'resyncing' | 'reconnecting' | 'refused'

/** A time in which what was shown was not the present (client clock, ms). */
export interface Away {
  from: number
  until: number
  /** Whether every change of that time came afterwards; else there was a new snapshot. */
  recovered: boolean
}

export interface LiveState {
  status: LiveStatus
  /** Since when what is shown is not live any more (client clock, ms); null while live or before any data. */
  staleSince: number | null
  /** Arrived part of the snapshot under way, 0 to 1. */
  progress: number
  /** A complete snapshot was applied at some time. */
  hasData: boolean
  /** Attempts since the connection was last live. */
  attempts: number
  /** The last time away; null if there was none. */
  away: Away | null
  /** Changes that were left out because this client was too slow. */
  coalesced: number
  /** Why the server does not let the client in; empty while it does. */
  refused: string
}

export function freshState(): LiveState {
  return { status: 'idle', staleSince: null, progress: 0, hasData: false, attempts: 0, away: null, coalesced: 0, refused: '' }
}
