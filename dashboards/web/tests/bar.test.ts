import { describe, expect, it } from 'vitest'
import { barOf, SAID_MS } from '@/live/bar'
import { freshState, type LiveState } from '@/live/state'

const NOW = 1_000_000
const state = (change: Partial<LiveState>): LiveState => ({ ...freshState(), status: 'live', hasData: true, ...change })
const away = (from: number, until: number, recovered = true) => ({ from, until, recovered })

describe('the bar', () => {
  it('is not there while the page is live, nor when nobody is signed in', () => {
    expect(barOf(state({}), NOW, null)).toBeNull()
    expect(barOf(state({ status: 'idle', staleSince: NOW - 60_000 }), NOW, null)).toBeNull()
  })

  it('says since when the page is not live, but not of a moment that nobody could read', () => {
    const lost = state({ status: 'reconnecting', staleSince: NOW - 3000 })
    expect(barOf(lost, NOW, null)).toEqual({ kind: 'lost', since: NOW - 3000, why: 'reconnecting' })
    expect(barOf({ ...lost, staleSince: NOW - 999 }, NOW, null)).toBeNull()
    expect(barOf({ ...lost, status: 'resyncing' }, NOW, null)).toMatchObject({ why: 'resyncing' })
    expect(barOf({ ...lost, status: 'refused' }, NOW, null)).toMatchObject({ why: 'refused' })
  })

  it('says that nothing was ever live only after the first attempt failed', () => {
    const first = state({ status: 'connecting', hasData: false })
    expect(barOf(first, NOW, null)).toBeNull()
    expect(barOf({ ...first, status: 'reconnecting', attempts: 1 }, NOW, null)).toEqual({ kind: 'lost', since: null, why: 'reconnecting' })
    expect(barOf({ ...first, status: 'refused', attempts: 1 }, NOW, null)).toMatchObject({ why: 'refused' })
  })

  it('says for a while that the page is back, until it is dismissed', () => {
    const back = away(NOW - 31_000, NOW - 1000)
    expect(barOf(state({ away: back }), NOW, null)).toEqual({ kind: 'back', away: back })
    expect(barOf(state({ away: back }), NOW, back)).toBeNull()
    expect(barOf(state({ away: back }), NOW - 1000 + SAID_MS, null)).toBeNull()
    // What was dismissed is that time, not the next one.
    expect(barOf(state({ away: away(NOW - 9000, NOW) }), NOW, back)).not.toBeNull()
    expect(barOf(state({ away: away(NOW - 900, NOW) }), NOW, null)).toBeNull()
  })
})
