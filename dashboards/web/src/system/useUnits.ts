import { useText } from '@/i18n/useText'
import type { Check, Unit } from './checks'
import { bytesOf } from './units'

/** Figures of the server in words, with their units. */
export function useUnits() {
  const { t, te, int, fixed, pct, duration } = useText()

  function bytes(n: number): string {
    const { n: value, unit, digits } = bytesOf(n)
    return `${fixed(value, digits)} ${unit}`
  }

  function valueOf(unit: Unit, value: number | null): string {
    if (value === null) return t('system.notYet')
    switch (unit) {
      case 'rate':
        return t('system.perSecond', { n: fixed(value, value === 0 || value >= 100 ? 0 : 1) })
      case 'bytes':
        return bytes(value)
      case 'seconds':
        return duration(value * 1000)
      case 'percent':
        return pct(value, 0)
      default:
        return int(value)
    }
  }

  /** Readers and queues that this page does not know keep their own names. */
  function nameOf(check: Check): string {
    const name = t(`system.check.${check.key}.name`)
    if (!check.name) return name
    const key = `system.of.${check.name}`
    return t('system.named', { name, of: te(key) ? t(key) : check.name })
  }

  return { bytes, valueOf, nameOf }
}
