import { describe, expect, it } from 'vitest'
import type { Influx, System } from '@/api/system'
import { checksOf, LIMITS, worst, type Check } from '@/system/checks'
import { reportOf } from '@/system/report'
import { added, isMinute, rateLately, rates } from '@/system/samples'
import { bytesOf, linePoints } from '@/system/units'

const START = 1_796_000_000_000

/** A server that does well, `s` seconds after the first answer: 100 readings a second. */
function system(s: number, change: (one: System) => void = () => {}): System {
  const one: System = {
    status: 'ok',
    version: '0.1.0',
    instruments: 100,
    mqtt: '127.0.0.1:1883',
    now: START + s * 1000,
    started_at: START - 1000,
    database: 'SQLite 3',
    target: 'x86_64-linux',
    sensors: { connections: 100, sessions_kept: 0, refused: 3 },
    readings: { received: s * 100, processed: s * 100, kept: s * 100, set_aside: 0 },
    journal: { bytes: 1e6, lag: [{ reader: 'actors', bytes: 0 }, { reader: 'influx', bytes: 5e6 }] },
    queues: [{ queue: 'records', waiting: 1 }],
    alerts: { open: 2, lag_changes: 0 },
    notifications: { waiting: 0, dead: 0, oldest_seconds: 0 },
    live_sessions: 1,
    disk: { path: '/data', free_bytes: 50e9, total_bytes: 100e9 },
    memory_bytes: 1e8,
    cpu_seconds: s * 0.25,
  }
  change(one)
  return one
}

const minute = (change: (one: System, n: number) => void = () => {}) => Array.from({ length: 13 }, (_, n) => system(n * 5, (one) => change(one, n)))
const levels = (checks: readonly Check[]) => Object.fromEntries(checks.map((one) => [[one.key, one.name].filter(Boolean).join(' '), one.level]))

describe('answers of the server', () => {
  it('become rates, and those of a process before a restart are forgotten', () => {
    const samples = minute()
    expect(rates(samples, (s) => s.readings.received)).toEqual(Array(12).fill(100))
    expect(rateLately(samples, (s) => s.readings.received)).toBe(100)
    expect(rateLately(samples.slice(0, 1), (s) => s.readings.received)).toBeNull()
    const restarted = system(65, (one) => (one.started_at += 60_000))
    expect(added(samples, restarted)).toEqual([restarted])
  })

  it('are kept for ten minutes, and an older one does not come after a newer', () => {
    let samples: System[] = []
    for (let n = 0; n < 200; n++) samples = added(samples, system(n * 5))
    expect(samples).toHaveLength(120)
    expect(added(samples, system(10)).map((one) => one.now)).toEqual([START + 10_000])
    expect(isMinute(samples.slice(0, 5))).toBe(false)
    expect(isMinute(samples)).toBe(true)
  })
})

describe('what is looked at', () => {
  it('is well where it is well, and known at once', () => {
    const well = levels(checksOf(minute()))
    expect(Object.values(well).filter((level) => level === 'warn' || level === 'bad')).toEqual([])
    expect(well).toMatchObject({ connections: 'good', received: 'good', 'lag actors': 'good', 'lagInflux influx': 'good', disk: 'good', memory: 'plain' })
    expect(levels(checksOf([system(0)])).received).toBe('plain')
    expect(checksOf([])).toEqual([])
  })

  it.each<[string, string, 'warn' | 'bad', (one: System, n: number) => void]>([
    ['nobody is connected', 'connections', 'warn', (s) => (s.sensors.connections = 0)],
    ['no reading comes', 'received', 'warn', (s) => (s.readings.received = 7)],
    ['readings are not judged', 'processed', 'warn', (s) => (s.readings.processed = 7)],
    ['something is refused', 'refused', 'warn', (s, n) => (s.sensors.refused = n)],
    ['many readings are late', 'setAside', 'warn', (s, n) => (s.readings.set_aside = n * 50)],
    ['the journal grows', 'journal', 'warn', (s) => (s.journal.bytes = LIMITS.journalWarn)],
    ['a reader is behind', 'lag actors', 'warn', (s) => (s.journal.lag[0]!.bytes = LIMITS.lagWarn)],
    ['sensors are slowed down', 'lag actors', 'bad', (s) => (s.journal.lag[0]!.bytes = LIMITS.lagBad)],
    ['InfluxDB is behind, which slows nobody', 'lagInflux influx', 'warn', (s) => (s.journal.lag[1]!.bytes = 1e9)],
    ['a queue fills', 'queue records', 'warn', (s) => (s.queues[0]!.waiting = LIMITS.queueWarn)],
    ['changes are not judged for a minute', 'unjudged', 'warn', (s) => (s.alerts.lag_changes = 1)],
    ['notifications are late', 'notifyOldest', 'bad', (s) => (s.notifications.oldest_seconds = LIMITS.notifyBad_s)],
    ['notifications were given up', 'notifyDead', 'warn', (s) => (s.notifications.dead = 1)],
    ['the disk fills', 'disk', 'warn', (s) => (s.disk.free_bytes = 9e9)],
    ['the disk is full', 'disk', 'bad', (s) => (s.disk.free_bytes = 1e9)],
  ])('says that %s', (_, key, level, change) => {
    expect(levels(checksOf(minute(change)))[key]).toBe(level)
  })

  it('does not cry at a peak of a moment, nor before it knows', () => {
    expect(levels(checksOf(minute((s, n) => (s.alerts.lag_changes = n === 12 ? 9 : 0)))).unjudged).toBe('good')
    expect(levels(checksOf(minute((s) => (s.readings.received = 7)).slice(0, 3))).received).toBe('good')
    expect(levels(checksOf(minute((s) => (s.disk.free_bytes = null)))).disk).toBe('plain')
  })

  it('is as bad as the worst of it', () => {
    expect(worst(['plain', 'good'])).toBe('good')
    expect(worst([])).toBe('good')
    expect(worst(['warn', 'bad', 'good'])).toBe('bad')
  })
})

describe('the report of a fault', () => {
  it('has the versions, what is wrong, every figure and the way to InfluxDB', () => {
    const now = system(60, (one) => (one.problems = ['the disk is nearly full']))
    const influx: Influx = {
      configured: true,
      set_aside: 2,
      streams: [{ name: 'states', connected: false, behind: { seconds: 90, changes: 5 }, last_answer: { at: START, text: '401' }, last_success: null, next_try: null, points: 1, batches: 1, retries: 4, set_aside: 2, refilled: 0 }],
    }
    const text = reportOf(now, { ready: false }, checksOf([...minute().slice(0, 12), now]), influx, 'Firefox')
    expect(text).toContain('dayi 0.1.0, x86_64-linux, SQLite 3')
    expect(text).toContain('status ok, ready no\n! the disk is nearly full')
    expect(text).toContain('good  lag actors = 0 (bytes)')
    expect(text).toContain('states: connected false, behind 90 s, last answer 401 at 2026-11-30T')
    expect(text.endsWith('Firefox')).toBe(true)
    expect(reportOf(now, null, [], null, 'x')).toContain('influx: not configured')
  })
})

describe('figures', () => {
  it('of bytes have a unit that fits', () => {
    const text = (n: number) => [bytesOf(n).n.toFixed(bytesOf(n).digits), bytesOf(n).unit].join(' ')
    expect([0, 999, 1000, 123_456, 4.25e9, 5e15].map(text)).toEqual(['0 B', '999 B', '1.0 KB', '123 KB', '4.3 GB', '5000 TB'])
  })

  it('become a line that ends at the right and begins at 0', () => {
    expect(linePoints([0, 10], 3)).toBe('50.0,23.0 100.0,1.0')
    expect(linePoints([0, 0], 3)).toBe('50.0,23.0 100.0,23.0')
  })
})
