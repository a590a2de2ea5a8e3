import type { IdleInstrument } from '@/api/idle'
import { useText } from '@/i18n/useText'
import { stateCode } from '@/live/protocol'
import { useTree } from '@/stores/tree'
import { placeOf } from '@/tree/units'
import { useFigures } from './useFigures'

/** What is to be said of an idle instrument: which, where, since when, and what that cost over the days of the board. */
export function useTold(span: () => { from: string; to: string }) {
  const { t, pick, dateTime, duration, stateWord } = useText()
  const { hours, kwh } = useFigures()
  const tree = useTree()

  return (i: IdleInstrument, now: number): string => {
    const of = {
      name: pick(i.name, i.name_en),
      id: i.id,
      place: placeOf(i.unit, tree.units, pick).join(' · '),
      state: stateWord(stateCode(i.state)),
      ...span(),
      standby: hours(i.standby_ms),
      open: hours(i.standby_open_ms),
      kwh: kwh(i.kwh, i.estimated),
    }
    if (i.since === null || i.since === undefined) return t('idleAct.line', of)
    return t('idleAct.lineSince', { ...of, since: dateTime(i.since), lasting: duration(now - i.since) })
  }
}
