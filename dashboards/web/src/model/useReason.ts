import type { Models, Promotion } from '@/api/client'
import { useText } from '@/i18n/useText'
import { comparisonOf } from './summary'

/** Why a version began to serve; where the comparison decided, in its figures. */
export function useReason() {
  const { t, fixed } = useText()
  return (models: Models, promotion: Promotion): string => {
    const compared = comparisonOf(models, promotion)
    if (!compared) return promotion.reason || t('model.noReason')
    const [[f1, f1Before], [wrong, wrongBefore]] = [compared.f1, compared.falseChanges]
    return t('model.gateReason', { new: fixed(f1, 3), old: fixed(f1Before, 3), newFalse: fixed(wrong, 1), oldFalse: fixed(wrongBefore, 1) })
  }
}
