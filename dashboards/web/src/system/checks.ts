import type { System } from '@/api/system'
import { isMinute, lately, rateLately, rates, values } from './samples'

/** `plain` is a figure that is neither good nor bad by itself. */
export type Level = 'good' | 'warn' | 'bad' | 'plain'
export type Unit = 'count' | 'rate' | 'bytes' | 'seconds' | 'percent'

export const PARTS = ['sensors', 'backlog', 'people', 'machine'] as const
export type Part = (typeof PARTS)[number]

/** What is looked at; the words of each stand under `system.check.<key>`. */
export const CHECKS = [
  'connections',
  'received',
  'processed',
  'kept',
  'refused',
  'setAside',
  'journal',
  'lag',
  'lagInflux',
  'queue',
  'unjudged',
  'notifyOldest',
  'notifyDead',
  'alertsOpen',
  'live',
  'disk',
  'memory',
  'cpu',
] as const

export interface Check {
  key: (typeof CHECKS)[number]
  part: Part
  level: Level
  unit: Unit
  /** Null while it is not known. */
  value: number | null
  /** The last minutes, oldest first. */
  line: number[]
  /** Names in its words. */
  words: Record<string, string | number>
  /** Where there are several: the reader or the queue. */
  name: string
}

/** The limits that docs/operations.md and config/dayi.toml name. */
export const LIMITS = {
  /** Prometheus should wake somebody, and sensors are slowed down ([journal] max_lag_mb). */
  lagWarn: 4e6,
  lagBad: 8 * 1024 * 1024,
  /** A minute of 10,000 readings a second; /healthz tells of a minute, too. */
  influxLate_s: 60,
  influxLagWarn: 27e6,
  journalWarn: 1e9,
  /** A queue holds some thousands. */
  queueWarn: 1000,
  queueBad: 4000,
  notifyWarn_s: 300,
  notifyBad_s: 900,
  diskWarn: 0.1,
  diskBad: 0.03,
  /** Late and double ones of all. */
  setAsideWarn: 0.05,
} as const

const above = (value: number, warn: number, bad: number): Level => (value >= bad ? 'bad' : value >= warn ? 'warn' : 'good')

type Made = Omit<Check, 'words' | 'name'> & Partial<Pick<Check, 'words' | 'name'>>
const check = (made: Made): Check => ({ words: {}, name: '', ...made })

/** A counter as a rate: nothing for a whole minute is what `silent` says. */
function flow(key: Check['key'], samples: readonly System[], pick: (s: System) => number, silent: boolean): Check {
  const rate = rateLately(samples, pick)
  return check({ key, part: 'sensors', unit: 'rate', value: rate, line: rates(samples, pick), level: rate === null ? 'plain' : silent && rate === 0 && isMinute(samples) ? 'warn' : 'good' })
}

function sensors(samples: readonly System[], now: System): Check[] {
  const received = rateLately(samples, (s) => s.readings.received) ?? 0
  const refused = rateLately(samples, (s) => s.sensors.refused)
  const aside = rateLately(samples, (s) => s.readings.set_aside)
  return [
    check({
      key: 'connections',
      part: 'sensors',
      unit: 'count',
      value: now.sensors.connections,
      line: values(samples, (s) => s.sensors.connections),
      level: now.instruments > 0 && now.sensors.connections === 0 ? 'warn' : 'good',
      words: { mqtt: now.mqtt, kept: now.sensors.sessions_kept },
    }),
    flow('received', samples, (s) => s.readings.received, now.sensors.connections > 0),
    flow('processed', samples, (s) => s.readings.processed, received > 0),
    flow('kept', samples, (s) => s.readings.kept, false),
    check({
      key: 'refused',
      part: 'sensors',
      unit: 'rate',
      value: refused,
      line: rates(samples, (s) => s.sensors.refused),
      level: refused === null ? 'plain' : refused > 0 ? 'warn' : 'good',
      words: { n: now.sensors.refused },
    }),
    check({
      key: 'setAside',
      part: 'sensors',
      unit: 'rate',
      value: aside,
      line: rates(samples, (s) => s.readings.set_aside),
      level: aside === null ? 'plain' : aside > received * LIMITS.setAsideWarn ? 'warn' : 'good',
      words: { n: now.readings.set_aside },
    }),
  ]
}

function backlog(samples: readonly System[], now: System): Check[] {
  const lag = (s: System, reader: string) => s.journal.lag.find((one) => one.reader === reader)?.bytes ?? 0
  const waits = (s: System, queue: string) => s.queues.find((one) => one.queue === queue)?.waiting ?? 0
  /** What was never less in the last minute: a peak of a moment is none. */
  const unjudged = Math.min(...lately(samples).map((s) => s.alerts.lag_changes))
  return [
    check({ key: 'journal', part: 'backlog', unit: 'bytes', value: now.journal.bytes, line: values(samples, (s) => s.journal.bytes), level: now.journal.bytes >= LIMITS.journalWarn ? 'warn' : 'good' }),
    ...now.journal.lag.map(({ reader, bytes }) =>
      check({
        key: reader === 'influx' ? 'lagInflux' : 'lag',
        name: reader,
        part: 'backlog',
        unit: 'bytes',
        value: bytes,
        line: values(samples, (s) => lag(s, reader)),
        level: reader === 'influx' ? above(bytes, LIMITS.influxLagWarn, Infinity) : above(bytes, LIMITS.lagWarn, LIMITS.lagBad),
      }),
    ),
    ...now.queues.map(({ queue, waiting }) =>
      check({ key: 'queue', name: queue, part: 'backlog', unit: 'count', value: waiting, line: values(samples, (s) => waits(s, queue)), level: above(waiting, LIMITS.queueWarn, LIMITS.queueBad) }),
    ),
    check({ key: 'unjudged', part: 'backlog', unit: 'count', value: now.alerts.lag_changes, line: values(samples, (s) => s.alerts.lag_changes), level: isMinute(samples) && unjudged > 0 ? 'warn' : 'good' }),
  ]
}

function people(samples: readonly System[], now: System): Check[] {
  const { waiting, dead, oldest_seconds } = now.notifications
  return [
    check({
      key: 'notifyOldest',
      part: 'people',
      unit: 'seconds',
      value: oldest_seconds,
      line: values(samples, (s) => s.notifications.oldest_seconds),
      level: above(oldest_seconds, LIMITS.notifyWarn_s, LIMITS.notifyBad_s),
      words: { n: waiting },
    }),
    check({ key: 'notifyDead', part: 'people', unit: 'count', value: dead, line: values(samples, (s) => s.notifications.dead), level: dead > 0 ? 'warn' : 'good' }),
    check({ key: 'alertsOpen', part: 'people', unit: 'count', value: now.alerts.open, line: values(samples, (s) => s.alerts.open), level: 'plain' }),
    check({ key: 'live', part: 'people', unit: 'count', value: now.live_sessions, line: values(samples, (s) => s.live_sessions), level: 'plain' }),
  ]
}

function machine(samples: readonly System[], now: System): Check[] {
  const { free_bytes, total_bytes, path } = now.disk
  const free = free_bytes !== null && total_bytes ? free_bytes / total_bytes : null
  return [
    check({
      key: 'disk',
      part: 'machine',
      unit: 'bytes',
      value: free_bytes,
      line: values(samples, (s) => s.disk.free_bytes ?? 0),
      level: free === null ? 'plain' : free < LIMITS.diskBad ? 'bad' : free < LIMITS.diskWarn ? 'warn' : 'good',
      words: { path, share: free === null ? '–' : `${Math.round(free * 100)}%` },
    }),
    check({ key: 'memory', part: 'machine', unit: 'bytes', value: now.memory_bytes, line: values(samples, (s) => s.memory_bytes), level: 'plain' }),
    check({ key: 'cpu', part: 'machine', unit: 'percent', value: rateLately(samples, (s) => s.cpu_seconds), line: rates(samples, (s) => s.cpu_seconds), level: 'plain' }),
  ]
}

/** Everything that is looked at, from the answers of the last minutes, the newest last. */
export function checksOf(samples: readonly System[]): Check[] {
  const now = samples.at(-1)
  return now ? [sensors, backlog, people, machine].flatMap((part) => part(samples, now)) : []
}

const ORDER: readonly Level[] = ['plain', 'good', 'warn', 'bad']
/** The worst of some levels. */
export const worst = (levels: readonly Level[]): Level => ORDER[Math.max(1, ...levels.map((level) => ORDER.indexOf(level)))]!
