import type { SensorHealth } from '@/api/fleet'
import { useText } from '@/i18n/useText'

/** What is known of a sensor, in words. */
export function useSensorText() {
  const { t, te, int, duration, fixed } = useText()
  const none = '–'
  return {
    problemWord: (problem: string) => (te(`sensors.problem.${problem}`) ? t(`sensors.problem.${problem}`) : problem),
    heard: (h: SensorHealth, now: number) => (h.received_ms === null || h.received_ms === undefined ? t('sensors.never') : t('instrument.ago', { duration: duration(now - h.received_ms) })),
    interval: (h: SensorHealth) => {
      const ms = h.usual_interval_ms
      if (ms === null || ms === undefined) return none
      const tenths = Math.round(ms / 100)
      return ms < 60_000 ? t('sensors.seconds', { n: fixed(tenths / 10, tenths % 10 ? 1 : 0) }) : duration(ms)
    },
    clock: (h: SensorHealth) => {
      const ms = h.clock_ahead_ms
      if (ms === null || ms === undefined) return t('sensors.noClock')
      if (Math.abs(ms) < 1000) return t('sensors.clockRight')
      return t(ms > 0 ? 'sensors.ahead' : 'sensors.behind', { duration: duration(Math.abs(ms)) })
    },
    gaps: (h: SensorHealth) => (h.gaps ? t('sensors.gapsOf', { n: int(h.gaps), duration: duration(h.missing_s * 1000) }) : '0'),
    late: (h: SensorHealth) => int(h.late),
    same: (h: SensorHealth, now: number) => (h.same_since_ms === null || h.same_since_ms === undefined ? none : t('sensors.sameFor', { duration: duration(now - h.same_since_ms) })),
  }
}
