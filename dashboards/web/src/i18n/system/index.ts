import { i18n } from '..'
import en from './en.json'
import zh from './zh-CN.json'

/** The words of the page `/system`, which come with it. */
i18n.global.mergeLocaleMessage('zh-CN', zh)
i18n.global.mergeLocaleMessage('en', en)
