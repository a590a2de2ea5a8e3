import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { stateName } from '@/live/protocol'
import * as format from './format'
import { setLocale, type Locale } from '.'

/** Words and formats in the present language, for templates. */
export function useText() {
  const { t, te, locale } = useI18n()
  const l = computed(() => locale.value)
  return {
    t,
    te,
    locale: l,
    toggleLocale: () => void setLocale((l.value === 'en' ? 'zh-CN' : 'en') as Locale),
    /** The name in the present language; an instrument without an English name keeps its Chinese one. */
    pick: (zh: string, en: string | null | undefined) => (l.value === 'en' ? en || zh : zh || en || ''),
    stateWord: (code: number) => t(`state.${stateName(code)}`),
    causeWord: (cause: string) => (te(`cause.${cause}`) ? t(`cause.${cause}`) : cause),
    /** What an alert is about. */
    kindWord: (kind: string) => (te(`alertKind.${kind}`) ? t(`alertKind.${kind}`) : kind),
    int: (n: number) => format.integer(l.value, n),
    pct: (part: number, digits?: number) => format.percent(l.value, part, digits),
    fixed: (n: number, digits: number) => format.fixed(l.value, n, digits),
    ampere: (a: number) => format.ampere(l.value, a),
    clockTime: (ms: number) => format.clockTime(l.value, ms),
    longDate: (ms: number) => format.longDate(l.value, ms),
    dateTime: (ms: number) => format.dateTime(l.value, ms),
    shortTime: (ms: number, now: number) => format.shortTime(l.value, ms, now),
    duration: (ms: number) =>
      format
        .durationParts(ms)
        .map((p) => t(`unit.${p.unit}`, { n: p.n }))
        .join(t('unit.join')),
  }
}
