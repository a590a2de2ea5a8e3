import { createI18n } from 'vue-i18n'
import en from './en.json'
import zh from './zh-CN.json'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

const KEY = 'dayi.locale'

/** `?lang=` wins over the last choice; without either it is Chinese. */
export function initialLocale(search: string, stored: string | null): Locale {
  const wanted = new URLSearchParams(search).get('lang') ?? stored
  return wanted?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: initialLocale(window.location.search, localStorage.getItem(KEY)),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  localStorage.setItem(KEY, locale)
  document.documentElement.lang = locale
}

document.documentElement.lang = i18n.global.locale.value
