import type { Away, LiveState } from './state'

/** A break shorter than this is not worth a bar: nobody could read it. The connection mark tells of it all the same. */
const WORTH_MS = 1000
/** How long it is said that the page is back. */
export const SAID_MS = 15_000

export type Bar =
  /** What is shown is not the present; `since` is null where nothing was ever shown. */
  | { kind: 'lost'; since: number | null; why: 'reconnecting' | 'resyncing' | 'refused' }
  | { kind: 'back'; away: Away }

/** What a bar over the page says, `now` by the client's clock; `dismissed` was read already. */
export function barOf(state: LiveState, now: number, dismissed: Away | null): Bar | null {
  const { status, staleSince, away, attempts } = state
  if (status === 'idle') return null
  if (status !== 'live') {
    if (staleSince === null) return attempts > 0 ? { kind: 'lost', since: null, why: status === 'refused' ? 'refused' : 'reconnecting' } : null
    if (now - staleSince < WORTH_MS) return null
    return { kind: 'lost', since: staleSince, why: status === 'resyncing' || status === 'refused' ? status : 'reconnecting' }
  }
  if (!away || away === dismissed || now - away.until >= SAID_MS || away.until - away.from < WORTH_MS) return null
  return { kind: 'back', away }
}
