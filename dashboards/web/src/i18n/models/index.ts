import { i18n } from '..'
import en from './en.json'
import zh from './zh-CN.json'

/** Words that only the pages of models need. */
i18n.global.mergeLocaleMessage('zh-CN', zh)
i18n.global.mergeLocaleMessage('en', en)
