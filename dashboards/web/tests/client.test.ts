import { describe, expect, it } from 'vitest'
import { backoff, SILENCE_MS, SNAPSHOT_MS } from '@/live/client'
import { ON } from '@/live/protocol'
import { change, INSTITUTIONS, pages, row, setup } from './fakes'

function live(count = 5, offset = 10) {
  const s = setup()
  s.client.start()
  s.hello()
  s.snapshot(count, offset)
  return s
}

describe('snapshot', () => {
  it('is applied in one step, after its last page', () => {
    const { env, fleet, client, hello, seen } = setup()
    client.start()
    hello()
    const [a, b, c] = pages(5, 10)
    env.link.handlers.frame(a!)
    env.link.handlers.frame(b!)
    expect(fleet.size).toBe(0)
    expect(client.state).toMatchObject({ status: 'loading', progress: 2 / 3, hasData: false })
    env.link.handlers.frame(c!)
    expect(fleet.size).toBe(5)
    expect(fleet.institutions).toEqual(INSTITUTIONS)
    expect(client.offset).toBe(10)
    expect(client.state).toMatchObject({ status: 'live', staleSince: null, hasData: true })
    expect(seen).toEqual(['connecting', 'loading', 'live'])
  })

  it('may be empty', () => {
    const { client } = live(0, 0)
    expect(client.state).toMatchObject({ status: 'live', hasData: true })
  })

  it('with a page missing is asked for again and never shown', () => {
    const { env, fleet, client, hello } = setup()
    client.start()
    hello()
    const [a, , c] = pages(5, 10)
    env.link.handlers.frame(a!)
    env.link.handlers.frame(c!)
    expect(fleet.size).toBe(0)
    expect(client.state.status).not.toBe('live')
    expect(env.link.sent).toContainEqual({ type: 'resync' })
    pages(5, 12).forEach((p) => env.link.handlers.frame(p))
    expect(client.state.status).toBe('live')
    expect(client.offset).toBe(12)
  })

  it('of mixed offsets is refused', () => {
    const { env, client, hello, fleet } = setup()
    client.start()
    hello()
    env.link.handlers.frame(pages(4, 10)[0]!)
    env.link.handlers.frame(pages(4, 11)[1]!)
    expect(fleet.size).toBe(0)
    expect(client.state.status).not.toBe('live')
  })

  it('that the server starts by itself makes what is shown old until it is complete', () => {
    const { env, client } = live()
    const [a, b, c] = pages(5, 99)
    env.link.handlers.frame(a!)
    expect(client.state.status).toBe('resyncing')
    env.link.handlers.frame(b!)
    env.link.handlers.frame(c!)
    expect(client.state.status).toBe('live')
    expect(client.offset).toBe(99)
  })

  it('that never ends is given up', () => {
    const { env, client, hello } = setup()
    client.start()
    hello()
    env.link.handlers.frame(pages(5, 10)[0]!)
    for (let t = 0; t < SNAPSHOT_MS; t += 5000) {
      env.advance(5000)
      env.links[0]!.handlers.frame({ type: 'heartbeat', offset: 10, server_time: env.time })
    }
    expect(env.links[0]!.closed).toBe(true)
    expect(client.state.hasData).toBe(false)
  })
})

describe('deltas', () => {
  it('are applied in order', () => {
    const { env, fleet, client } = live()
    env.link.handlers.frame({ type: 'delta', offset: 12, changes: [change(0, 'on'), change(1, 'standby')] })
    expect(fleet.state[0]).toBe(ON)
    expect(client.offset).toBe(12)
    expect(client.state.status).toBe('live')
  })

  it('with a gap lead to a resync; what is shown is not called live meanwhile', () => {
    const { env, fleet, client } = live()
    env.link.handlers.frame({ type: 'delta', offset: 13, changes: [change(0, 'on')] })
    expect(fleet.state[0]).not.toBe(ON)
    expect(client.state.status).toBe('resyncing')
    expect(client.state.staleSince).not.toBeNull()
    expect(env.link.sent).toEqual([{ type: 'resync' }])
    // What is still under way is older than the snapshot to come.
    env.link.handlers.frame({ type: 'delta', offset: 14, changes: [change(1, 'on')] })
    expect(env.link.sent).toHaveLength(1)
    pages(5, 14).forEach((p) => env.link.handlers.frame(p))
    expect(client.state).toMatchObject({ status: 'live', staleSince: null })
  })

  it('that overlap what is held are applied only from there on', () => {
    const { env, fleet, client } = live()
    env.link.handlers.frame({ type: 'delta', offset: 11, changes: [change(0, 'on')] })
    env.link.handlers.frame({ type: 'delta', offset: 12, changes: [change(0, 'off', 1), change(1, 'on')] })
    expect(fleet.state[0]).toBe(ON)
    expect(fleet.state[1]).toBe(ON)
    expect(client.offset).toBe(12)
    expect(fleet.changes).toBe(2)
  })

  it('about an unknown instrument lead to a resync', () => {
    const { env, client } = live()
    env.link.handlers.frame({ type: 'delta', offset: 11, changes: [change(77, 'on')] })
    expect(client.state.status).toBe('resyncing')
  })

  it('add instruments, also of a new institution', () => {
    const { env, fleet, client } = live(5, 10)
    const institution = { id: 'wzu', name: '温州大学', name_en: 'Wenzhou University', city: '温州市', city_en: 'Wenzhou' }
    env.link.handlers.frame({ type: 'delta', offset: 11, changes: [{ kind: 'added', institution, instrument: row(5, 3, ON) }] })
    expect(client.state.status).toBe('live')
    expect(fleet.size).toBe(6)
    expect(fleet.cities.map((c) => c.name)).toEqual(['杭州市', '宁波市', '温州市'])
    expect(fleet.indexOf('i-5')).toBe(5)
    env.link.handlers.frame({ type: 'delta', offset: 12, changes: [{ kind: 'added', institution, instrument: row(6, 9) }] })
    expect(client.state.status).toBe('resyncing')
  })

  it('missed while the line was quiet show in the heartbeat', () => {
    const { env, client } = live()
    env.link.handlers.frame({ type: 'heartbeat', offset: 10, server_time: env.time })
    expect(client.state.status).toBe('live')
    env.link.handlers.frame({ type: 'heartbeat', offset: 11, server_time: env.time })
    expect(client.state.status).toBe('resyncing')
  })
})

describe('connection', () => {
  it('comes back with growing delays, and data is old since the last frame', () => {
    const { env, client } = live()
    const lastFrame = env.time
    env.advance(3000)
    env.link.handlers.closed()
    expect(client.state).toMatchObject({ status: 'reconnecting', staleSince: lastFrame, hasData: true, attempts: 1 })
    const delays: number[] = []
    for (let n = 1; n <= 4; n++) {
      const before = env.links.length
      let waited = 0
      while (env.links.length === before) {
        env.advance(25)
        waited += 25
      }
      delays.push(waited)
      env.link.handlers.closed()
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b))
    expect(delays[3]).toBeGreaterThan(delays[0]! * 4)
    expect(client.state.staleSince).toBe(lastFrame)
  })

  it('is live again only after a complete new snapshot', () => {
    const { env, client, hello, fleet } = live()
    env.link.handlers.closed()
    env.advance(20_000)
    hello()
    expect(client.state.status).toBe('reconnecting')
    const [a, b, c] = pages(6, 3)
    env.link.handlers.frame(a!)
    env.link.handlers.frame(b!)
    expect(client.state.status).not.toBe('live')
    expect(fleet.size).toBe(5)
    env.link.handlers.frame(c!)
    expect(client.state).toMatchObject({ status: 'live', staleSince: null, attempts: 0 })
    expect(fleet.size).toBe(6)
  })

  it('that falls silent is given up', () => {
    const { env, client } = live()
    env.advance(SILENCE_MS - 1)
    expect(client.state.status).toBe('live')
    env.advance(2)
    expect(client.state.status).toBe('reconnecting')
    expect(env.links[0]!.closed).toBe(true)
  })

  it('that was given up can change nothing any more', () => {
    const { env, fleet, client } = live()
    const old = env.link.handlers
    env.advance(SILENCE_MS + 1)
    old.frame({ type: 'delta', offset: 11, changes: [change(0, 'on')] })
    old.closed()
    expect(fleet.state[0]).not.toBe(ON)
    expect(client.state.attempts).toBe(1)
  })

  it('is tried at once when the network is back', () => {
    const { env, client } = live()
    env.link.handlers.closed()
    client.retryNow()
    expect(env.links).toHaveLength(2)
    env.advance(30)
    expect(env.links).toHaveLength(2)
  })

  it('stops for good when told to', () => {
    const { env, client } = live()
    client.stop()
    env.advance(60_000)
    expect(env.links).toHaveLength(1)
    expect(client.state).toMatchObject({ status: 'idle' })
    expect(client.state.staleSince).not.toBeNull()
  })

  it('spreads clients out and never waits longer than the cap', () => {
    expect(backoff(1, 0)).toBe(250)
    expect(backoff(1, 1)).toBe(500)
    expect(backoff(50, 1)).toBe(15_000)
  })

  it('learns how the clocks differ', () => {
    expect(live().client.clockSkew).toBe(250)
  })
})

describe('watching', () => {
  it('delivers readings, asks again after a reconnect, and stops', () => {
    const { env, client, hello } = live()
    const got: number[] = []
    const stop = client.watch('i-1', (readings) => got.push(...readings.map((r) => r[1])))
    const stopOther = client.watch('i-1', () => {})
    expect(env.link.sent).toEqual([{ type: 'watch', instrument: 'i-1' }])
    env.link.handlers.frame({ type: 'reading', id: 'i-1', readings: [[5, 1.5], [6, 1.75]] })
    expect(got).toEqual([1.5, 1.75])
    env.link.handlers.closed()
    env.advance(1000)
    hello()
    expect(env.link.sent).toEqual([{ type: 'watch', instrument: 'i-1' }])
    stopOther()
    expect(env.link.sent).toHaveLength(1)
    stop()
    expect(env.link.sent.at(-1)).toEqual({ type: 'unwatch', instrument: 'i-1' })
  })
})
