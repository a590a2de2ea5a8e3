import { useText } from '@/i18n/useText'
import { hourDigits } from '@/idle/question'
import { useFigures } from '@/idle/useFigures'
import { useTree } from '@/stores/tree'
import type { HoursRow } from '@/api/hours'
import type { Group, Period } from './question'
import { STACK } from './figures'
import type { ChartText } from './charts'

/** Hours in words, with their units. */
export function useWords() {
  const { t, pick, fixed, locale, stateWord } = useText()
  const { hours, share, none } = useFigures()
  const tree = useTree()

  /** Without its unit, which the head of the column has. */
  const hoursAlone = (ms: number) => (ms === 0 ? '0' : fixed(ms / 3_600_000, hourDigits(ms)))
  const mean = (n: number | null) => (n === null ? none : t('hours.perDayUnit', { n: fixed(n, n > 0 && n < 0.1 ? 2 : 1) }))

  /** ▲ +1.2, ▼ −1.2, or = 0.0 where there is nothing to see of a change. */
  function signed(n: number, digits: number, unit: (n: string) => string): string {
    const shown = fixed(Math.abs(n), digits)
    if (Number(Math.abs(n).toFixed(digits)) === 0) return `= ${unit(shown)}`
    return n > 0 ? `▲ ${unit(`+${shown}`)}` : `▼ ${unit(`−${shown}`)}`
  }

  const points = (n: number) => signed(n * 100, 1, (text) => t('hours.signedPoints', { n: text }))
  const hoursMore = (n: number) => signed(n, 1, (text) => t('hours.signedHours', { n: text }))
  const percentMore = (n: number) => signed(n * 100, 1, (text) => `${text}%`)

  function nameOf(by: Group, row: HoursRow): string {
    if (!row.id) return t('hours.none')
    // A class is called by the list of classes, where it is in it.
    const named = (by === 'class' && tree.classNames.get(row.id)) || row
    return pick(named.name, named.name_en) || row.id
  }

  /** A period as short as its kind allows; one that was cut has its days. */
  function periodOf(per: Period, row: HoursRow): string {
    if (per === 'day') return row.start.slice(5)
    if (per === 'month' && row.start.endsWith('-01')) return row.start.slice(0, 7)
    return `${row.start.slice(5)}–${row.end.slice(5)}`
  }

  const chartText = (): ChartText => ({
    states: STACK.map(([state]) => stateWord(state)),
    effective: t('hours.figure.effective'),
    coverage: t('hours.figure.coverage'),
    hours: mean,
    share,
  })

  return { hours, hoursAlone, share, mean, points, hoursMore, percentMore, nameOf, periodOf, chartText, locale }
}
