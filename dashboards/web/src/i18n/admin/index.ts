import { i18n } from '..'
import en from './en.json'
import zh from './zh-CN.json'

/** Words that only the pages of administration need: they come with those pages, so that the wall does not pay for them. */
i18n.global.mergeLocaleMessage('zh-CN', zh)
i18n.global.mergeLocaleMessage('en', en)
