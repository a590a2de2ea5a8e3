import { LiveClient, type LiveOptions } from '@/live/client'
import { Fleet } from '@/live/fleet'
import type { ConnectionHandlers, Env } from '@/live/link'
import type { Change, ClientFrame, DeltaFrame, Institution, InstrumentRow, SnapshotFrame, StateChange } from '@/live/protocol'
import { STATES, stateCode } from '@/live/protocol'
import type { LiveStatus } from '@/live/state'

export const INSTITUTIONS: Institution[] = [
  { id: 'zju', name: '浙江大学', name_en: 'Zhejiang University', city: '杭州市', city_en: 'Hangzhou' },
  { id: 'nbu', name: '宁波大学', name_en: 'Ningbo University', city: '宁波市', city_en: 'Ningbo' },
  { id: 'hdu', name: '杭电', name_en: 'HDU', city: '杭州市', city_en: 'Hangzhou' },
]

export function row(n: number, institution = n % 3, state = 2): InstrumentRow {
  return [`i-${n}`, `仪器 ${n}`, `Instrument ${n}`, INSTITUTIONS[institution]!.id, state, 1000, 1, 0.9, 0.1]
}

export function change(n: number, state: string, seq = 2): StateChange {
  return { kind: 'state', id: `i-${n}`, seq, from: 'off', state, at: 2000, confidence: 0.8, cause: 'model', model: 'threshold-v1' }
}

export function delta(after: number, changes: Change[], offset = after + changes.length): DeltaFrame {
  return { type: 'delta', after, offset, changes }
}

export function pages(count: number, offset: number, perPage = 2, epoch = 'E1'): SnapshotFrame[] {
  const rows = Array.from({ length: count }, (_, i) => row(i))
  const total = Math.max(1, Math.ceil(count / perPage))
  return Array.from({ length: total }, (_, page) => ({
    type: 'snapshot',
    epoch,
    offset,
    page,
    pages: total,
    institutions: page === 0 ? INSTITUTIONS : [],
    instruments: rows.slice(page * perPage, (page + 1) * perPage),
  }))
}

/** A network and a clock under the test's control. */
export class FakeEnv implements Env {
  time = 1_000_000
  chance = 0.5
  links: { handlers: ConnectionHandlers; sent: ClientFrame[]; closed: boolean }[] = []
  private timers: { at: number; run: () => void }[] = []

  connect(handlers: ConnectionHandlers) {
    const link = { handlers, sent: [] as ClientFrame[], closed: false }
    this.links.push(link)
    return {
      send: (text: string) => void link.sent.push(JSON.parse(text)),
      close: () => void (link.closed = true),
    }
  }
  now = () => this.time
  random = () => this.chance
  later(run: () => void, ms: number) {
    const timer = { at: this.time + ms, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((t) => t !== timer)
    }
  }

  get link() {
    return this.links.at(-1)!
  }

  /** Lets time pass, running what falls due in order. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.timers = this.timers.filter((t) => t !== next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
  }
}

export function setup(options: LiveOptions = {}) {
  const env = new FakeEnv()
  const fleet = new Fleet()
  const seen: LiveStatus[] = []
  const client = new LiveClient(fleet, env, (s) => {
    if (seen.at(-1) !== s.status) seen.push(s.status)
  }, options)
  /** The connection opens and the client is let in. */
  const hello = () => {
    env.link.handlers.opened()
    env.link.handlers.frame({ type: 'hello', protocol: 2, server_time: env.time + 250, name: 'A' })
  }
  const subscribed = (offset: number, recovered = false) =>
    env.link.handlers.frame({ type: 'subscribed', epoch: 'E1', recovered, offset })
  const snapshot = (count: number, offset: number) => pages(count, offset).forEach((p) => env.link.handlers.frame(p))
  return { env, fleet, client, seen, hello, subscribed, snapshot }
}

/** Counts by state, recomputed from the states themselves. */
export function recount(fleet: Fleet): number[] {
  const by = new Array<number>(STATES.length).fill(0)
  for (let i = 0; i < fleet.size; i++) by[fleet.state[i]!]!++
  return by
}

export { stateCode }
