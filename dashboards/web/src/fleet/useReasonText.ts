import { useText } from '@/i18n/useText'

export function useReasonText() {
  const { t, te } = useText()
  /** A reason that a newer server names stays as it is. */
  const reasonWord = (reason: string) => (te(`refusals.reason.${reason}`) ? t(`refusals.reason.${reason}`) : reason)
  return { reasonWord }
}
