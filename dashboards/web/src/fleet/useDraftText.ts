import { useText } from '@/i18n/useText'
import type { Wrong } from './details'

/** What is wrong with a form, in words. */
export function useDraftText() {
  const { t } = useText()
  return (wrong: Wrong): string => t(`details.wrong.${wrong.field}`, { text: wrong.text })
}
