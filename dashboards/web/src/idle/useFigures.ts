import { useText } from '@/i18n/useText'
import { hourDigits, kwhDigits } from './question'

/** Figures of idleness in words, with their units. */
export function useFigures() {
  const { t, fixed, pct } = useText()
  const none = '–'
  return {
    none,
    hours: (ms: number) => t('idle.hours', { n: ms === 0 ? '0' : fixed(ms / 3_600_000, hourDigits(ms)) }),
    kwh: (value: number | null, estimated: number | null) =>
      value === null ? t('idle.unknown') : `${estimated ? '≈ ' : ''}${value === 0 ? '0' : fixed(value, kwhDigits(value))} kWh`,
    /** A share that is there but very small is not shown as nothing. */
    share: (part: number | null) => (part === null ? none : part > 0 && part < 0.001 ? `< ${pct(0.001)}` : pct(part)),
  }
}
