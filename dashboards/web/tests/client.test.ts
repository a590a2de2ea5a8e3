import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Decoder } from '@/live/binary'
import { backoff, SILENCE_MS, SNAPSHOT_MS } from '@/live/link'
import { ON, type ServerFrame } from '@/live/protocol'
import { change, delta, INSTITUTIONS, pages, row, setup } from './fakes'

function live(count = 5, offset = 10) {
  const s = setup()
  s.client.start()
  s.hello()
  s.subscribed(offset)
  s.snapshot(count, offset)
  s.env.link.sent.length = 0
  return s
}

/** The frames that the server's own tests write. */
function lines(file: string): string[] {
  return readFileSync(join(import.meta.dirname, '../../../tests/fixtures', file), 'utf8').trim().split('\n')
}

function golden(): ServerFrame[] {
  return lines('live-frames.jsonl').map((line) => JSON.parse(line) as ServerFrame)
}

function bytes(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16)).buffer
}

describe('snapshot', () => {
  it('is applied in one step, after its last page', () => {
    const { env, fleet, client, hello, subscribed, seen } = setup()
    client.start()
    hello()
    subscribed(10)
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
    const { env, fleet, client, hello, subscribed } = setup()
    client.start()
    hello()
    subscribed(10)
    const [a, , c] = pages(5, 10)
    env.link.handlers.frame(a!)
    env.link.handlers.frame(c!)
    expect(fleet.size).toBe(0)
    expect(client.state.status).not.toBe('live')
    expect(env.link.sent).toEqual([{ type: 'auth' }, { type: 'subscribe' }, { type: 'subscribe' }])
    // What is still under way is of the subscription before.
    env.link.handlers.frame(pages(5, 10)[0]!)
    subscribed(12)
    pages(5, 12).forEach((p) => env.link.handlers.frame(p))
    expect(client.state.status).toBe('live')
    expect(client.offset).toBe(12)
  })

  it('of mixed offsets is refused', () => {
    const { env, client, hello, subscribed, fleet } = setup()
    client.start()
    hello()
    subscribed(10)
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
    const { env, client, hello, subscribed } = setup()
    client.start()
    hello()
    subscribed(10)
    env.link.handlers.frame(pages(5, 10)[0]!)
    for (let t = 0; t < SNAPSHOT_MS; t += 5000) {
      env.advance(5000)
      env.links[0]!.handlers.frame({ type: 'heartbeat', after: 10, offset: 10, server_time: env.time })
    }
    expect(env.links[0]!.closed).toBe(true)
    expect(client.state.hasData).toBe(false)
  })
})

describe('deltas', () => {
  it('are applied in order', () => {
    const { env, fleet, client } = live()
    env.link.handlers.frame(delta(10, [change(0, 'on'), change(1, 'standby')]))
    expect(fleet.state[0]).toBe(ON)
    expect(client.offset).toBe(12)
    expect(client.state.status).toBe('live')
  })

  it('may leave out what is not for this client', () => {
    const { env, fleet, client } = live()
    env.link.handlers.frame(delta(8, [change(0, 'on')], 40))
    expect(fleet.state[0]).toBe(ON)
    expect(client.offset).toBe(40)
    expect(client.state.status).toBe('live')
  })

  it('with a gap lead to a new subscription from there; what is shown is not called live meanwhile', () => {
    const { env, fleet, client, subscribed } = live()
    env.link.handlers.frame(delta(12, [change(0, 'on')]))
    expect(fleet.state[0]).not.toBe(ON)
    expect(client.state.status).toBe('resyncing')
    expect(client.state.staleSince).not.toBeNull()
    expect(env.link.sent).toEqual([{ type: 'subscribe', resume: { epoch: 'E1', offset: 10 } }])
    // What is still under way is of the subscription before.
    env.link.handlers.frame(delta(13, [change(1, 'on')]))
    expect(env.link.sent).toHaveLength(1)
    subscribed(14, true)
    expect(client.state.status).toBe('resyncing')
    env.link.handlers.frame(delta(10, [change(2, 'on'), change(3, 'on'), change(0, 'on'), change(1, 'on')]))
    expect(client.state).toMatchObject({ status: 'live', staleSince: null, away: { recovered: true } })
    expect(fleet.changes).toBe(4)
  })

  it('that came already are not applied again', () => {
    const { env, fleet } = live()
    const frame = delta(10, [change(0, 'on')])
    env.link.handlers.frame(frame)
    env.link.handlers.frame(frame)
    expect(fleet.changes).toBe(1)
  })

  it('about an unknown instrument lead to a new snapshot', () => {
    const { env, client } = live()
    env.link.handlers.frame(delta(10, [change(77, 'on')]))
    expect(client.state.status).toBe('resyncing')
    expect(env.link.sent).toEqual([{ type: 'subscribe' }])
  })

  it('bring instruments, also of a new institution, and take them away', () => {
    const { env, fleet, client } = live(5, 10)
    const institution = { id: 'wzu', name: '温州大学', name_en: 'Wenzhou University', city: '温州市', city_en: 'Wenzhou' }
    const instrument = row(5, 0, ON)
    instrument[3] = 'wzu'
    env.link.handlers.frame(delta(10, [{ kind: 'row', institution, instrument }]))
    expect(client.state.status).toBe('live')
    expect(fleet.size).toBe(6)
    expect(fleet.cities.map((c) => c.name)).toEqual(['杭州市', '宁波市', '温州市'])
    expect(fleet.indexOf('i-5')).toBe(5)
    env.link.handlers.frame(delta(11, [{ kind: 'left', id: 'i-0' }, { kind: 'left', id: 'i-5' }]))
    expect(fleet.size).toBe(4)
    expect(fleet.cities.map((c) => c.name)).toEqual(['杭州市', '宁波市'])
    expect(fleet.state[fleet.indexOf('i-1')]).toBe(2)
  })

  it('tell how much was left out, and of alerts', () => {
    const { env, client } = live()
    const alerts: string[] = []
    const stop = client.onAlert((alert) => alerts.push(`${alert.id} ${alert.step}`))
    const alert = golden().flatMap((frame) => (frame.type === 'delta' ? frame.changes : [])).find((c) => c.kind === 'alert')!
    env.link.handlers.frame({ ...delta(10, [change(0, 'on'), alert], 90), coalesced: 30 })
    stop()
    env.link.handlers.frame(delta(90, [alert]))
    expect(client.state.coalesced).toBe(30)
    expect(alerts).toEqual(['i1 raised'])
  })

  it('missed while the line was quiet show in the heartbeat', () => {
    const { env, client } = live()
    env.link.handlers.frame({ type: 'heartbeat', after: 10, offset: 15, server_time: env.time })
    expect(client.state.status).toBe('live')
    expect(client.offset).toBe(15)
    env.link.handlers.frame({ type: 'heartbeat', after: 16, offset: 16, server_time: env.time })
    expect(client.state.status).toBe('resyncing')
  })
})

describe('the compact form', () => {
  it('says what the JSON form says', () => {
    const decoder = new Decoder()
    const large = golden().filter((frame) => ['snapshot', 'delta', 'reading'].includes(frame.type))
    const frames = lines('live-frames.hex').map((line) => decoder.decode(bytes(line)))
    expect(frames).toEqual(large)
  })

  it('keeps instruments’ names over a break, and what cannot be read leads to a new snapshot', () => {
    const { env, fleet, client, hello, subscribed } = setup({ format: 'binary', where: { state: ['on'] }, token: 'T' })
    const [page, , state] = lines('live-frames.hex').map(bytes)
    client.start()
    hello()
    expect(env.link.sent).toEqual([{ type: 'auth', token: 'T' }, { type: 'subscribe', format: 'binary', where: { state: ['on'] } }])
    subscribed(7)
    env.link.handlers.frame(page!)
    expect(client.state.status).toBe('live')
    env.link.handlers.closed(1006, '')
    env.advance(1000)
    hello()
    subscribed(500, true)
    env.link.handlers.frame({ type: 'heartbeat', after: 7, offset: 300, server_time: env.time })
    env.link.handlers.frame(state!)
    expect(client.state.status).toBe('live')
    expect(fleet.state[fleet.indexOf('i1')]).toBe(1)
    for (const broken of [new ArrayBuffer(0), state!.slice(0, 9), bytes('02ff')]) {
      env.link.sent.length = 0
      env.link.handlers.frame(broken)
      expect(env.link.sent).toHaveLength(1)
      subscribed(500, true)
    }
  })
})

describe('connection', () => {
  it('comes back with growing delays, and data is old since the last frame', () => {
    const { env, client } = live()
    const lastFrame = env.time
    env.advance(3000)
    env.link.handlers.closed(1006, '')
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
      env.link.handlers.closed(1006, '')
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b))
    expect(delays[3]).toBeGreaterThan(delays[0]! * 4)
    expect(client.state.staleSince).toBe(lastFrame)
  })

  it('is live again only after a complete new snapshot', () => {
    const { env, client, hello, subscribed, fleet } = live()
    env.link.handlers.closed(1006, '')
    env.advance(20_000)
    hello()
    expect(env.link.sent.at(-1)).toEqual({ type: 'subscribe', resume: { epoch: 'E1', offset: 10 } })
    subscribed(3)
    expect(client.state.status).toBe('reconnecting')
    const [a, b, c] = pages(6, 3)
    env.link.handlers.frame(a!)
    env.link.handlers.frame(b!)
    expect(client.state.status).not.toBe('live')
    expect(fleet.size).toBe(5)
    env.link.handlers.frame(c!)
    expect(client.state).toMatchObject({ status: 'live', staleSince: null, attempts: 0, away: { recovered: false } })
    expect(fleet.size).toBe(6)
  })

  it('goes on from where it was, and says when it was away', () => {
    const { env, client, hello, subscribed } = live()
    const from = env.time
    env.link.handlers.closed(1006, '')
    env.advance(2000)
    hello()
    subscribed(11, true)
    expect(client.state.status).toBe('reconnecting')
    env.link.handlers.frame(delta(10, [change(0, 'on')]))
    expect(client.state).toMatchObject({ status: 'live', away: { from, until: env.time, recovered: true } })
  })

  it('that is refused says why and is tried again now and then', () => {
    const { env, client, hello, subscribed } = live()
    env.link.handlers.closed(4401, 'sign in again')
    expect(client.state).toMatchObject({ status: 'refused', refused: 'sign in again' })
    env.advance(14_000)
    expect(env.links).toHaveLength(1)
    env.advance(2_000)
    hello()
    subscribed(10, true)
    expect(client.state).toMatchObject({ status: 'live', refused: '' })
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
    old.frame(delta(10, [change(0, 'on')]))
    old.closed(1006, '')
    expect(fleet.state[0]).not.toBe(ON)
    expect(client.state.attempts).toBe(1)
  })

  it('is tried at once when the network is back', () => {
    const { env, client } = live()
    env.link.handlers.closed(1006, '')
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
    env.link.handlers.closed(1006, '')
    env.advance(1000)
    hello()
    expect(env.link.sent.slice(2)).toEqual([{ type: 'watch', instrument: 'i-1' }])
    stopOther()
    expect(env.link.sent).toHaveLength(3)
    stop()
    expect(env.link.sent.at(-1)).toEqual({ type: 'unwatch', instrument: 'i-1' })
  })
})
