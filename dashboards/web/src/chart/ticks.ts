import { DAY } from './view'
import { ZONE, ZONE_OFFSET_MS } from '@/i18n/format'

/**
 * Labels of a time axis in the instruments' zone: clock times, with the day under the first one and where a day begins;
 * or days with the day of the week; or months. `step` is the distance of the labels in ms.
 */
export function timeLabels(locale: string, times: readonly number[], step: number): string[] {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options })
  const day = format({ month: 'numeric', day: 'numeric' })
  const weekday = format({ weekday: 'short' })
  if (step >= 28 * DAY) {
    const month = format({ year: 'numeric', month: 'numeric' })
    return times.map((t) => month.format(t))
  }
  if (step >= DAY) return times.map((t) => `${day.format(t)}\n${weekday.format(t)}`)
  const clock = format({ hour: '2-digit', minute: '2-digit', ...(step < 60_000 ? { second: '2-digit' } : {}) })
  let before = NaN
  return times.map((t) => {
    const today = Math.floor((t + ZONE_OFFSET_MS) / DAY)
    const changed = today !== before
    before = today
    return changed ? `${clock.format(t)}\n${day.format(t)} ${weekday.format(t)}` : clock.format(t)
  })
}
