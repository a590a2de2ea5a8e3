import type { Influx, Readiness, System } from '@/api/system'
import type { Check } from './checks'

/** What a report of a fault needs, as text: the same in every language, so that whoever helps can read it. */
export function reportOf(now: System, ready: Readiness | null, checks: readonly Check[], influx: Influx | null, agent: string): string {
  const time = (ms: number | null | undefined) => (ms ? new Date(ms).toISOString() : '-')
  const lines = [
    `dayi ${now.version}, ${now.target}, ${now.database}`,
    `at ${time(now.now)}, since ${time(now.started_at)}`,
    `status ${now.status}${ready ? `, ready ${ready.ready ? 'yes' : 'no'}` : ''}`,
    ...(now.problems ?? []).map((problem) => `! ${problem}`),
    '',
    `instruments ${now.instruments}, mqtt ${now.mqtt}, sessions kept ${now.sensors.sessions_kept}`,
    `counted since the start: received ${now.readings.received}, processed ${now.readings.processed}, kept ${now.readings.kept}, set aside ${now.readings.set_aside}, refused ${now.sensors.refused}`,
    '',
    ...checks.map(({ key, name, value, unit, level }) => `${level.padEnd(5)} ${[key, name].filter(Boolean).join(' ')} = ${value === null ? '-' : Math.round(value * 1000) / 1000} (${unit})`),
    '',
    influx?.configured ? `influx: set aside ${influx.set_aside}` : 'influx: not configured',
    ...(influx?.streams ?? []).map(
      (one) =>
        `  ${one.name}: connected ${one.connected}, behind ${one.behind.seconds} s, last answer ${one.last_answer ? `${one.last_answer.text} at ${time(one.last_answer.at)}` : '-'}, last success ${time(one.last_success)}, points ${one.points}, retries ${one.retries}, set aside ${one.set_aside}`,
    ),
    '',
    agent,
  ]
  return lines.join('\n')
}
