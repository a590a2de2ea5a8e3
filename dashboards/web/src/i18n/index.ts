import { createI18n } from 'vue-i18n'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

const KEY = 'dayi.locale'

/** `?lang=` wins over the last choice; without either it is Chinese. */
export function initialLocale(search: string, stored: string | null): Locale {
  const wanted = new URLSearchParams(search).get('lang') ?? stored
  return wanted?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

/** A chunk each: nobody loads the words of a language that is not shown. */
const MESSAGES = { 'zh-CN': () => import('./zh-CN.json'), en: () => import('./en.json') }

export const i18n = createI18n({
  legacy: false,
  locale: initialLocale(window.location.search, localStorage.getItem(KEY)) as string,
  messages: {},
})

async function show(locale: Locale): Promise<void> {
  const { default: messages } = await MESSAGES[locale]()
  // What a page brought along stays.
  i18n.global.mergeLocaleMessage(locale, messages)
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  // Under which name it is installed.
  document.querySelector('link[rel=manifest]')?.setAttribute('href', locale === 'en' ? '/manifest.en.webmanifest' : '/manifest.webmanifest')
}

/** To be done before anything is shown. */
export function loadLocale(): Promise<void> {
  return show(i18n.global.locale.value as Locale)
}

export async function setLocale(locale: Locale): Promise<void> {
  await show(locale)
  localStorage.setItem(KEY, locale)
}
