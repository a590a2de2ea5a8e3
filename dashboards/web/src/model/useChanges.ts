import { useText } from '@/i18n/useText'
import { stateCode } from '@/live/protocol'
import { FEATURES, type Change } from './drift'

/** What changed since a model was trained, as a sentence. */
export function useChanges() {
  const { t, pct, stateWord } = useText()
  return (change: Change): string => {
    const level = stateWord(stateCode(change.level))
    if (change.what !== 'feature') return t(`models.drift.${change.what}`, { level })
    const word = FEATURES[change.name]
    return t('models.drift.feature', { level, feature: word ? t(`models.feature.${word}`) : change.name, share: pct(change.outside, 0) })
  }
}
