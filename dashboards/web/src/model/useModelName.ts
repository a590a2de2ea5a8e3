import { useText } from '@/i18n/useText'
import { originOf } from './summary'

/** What a model is called by people. */
export function useModelName() {
  const { t } = useText()
  return (name: string): string => {
    const origin = originOf(name)
    if (origin.kind === 'trained') return t('model.trained', { n: origin.version })
    return origin.kind === 'own' ? t('model.own') : name
  }
}
