import { i18n } from '..'
import en from './en.json'
import zh from './zh-CN.json'

/** Words of the fleet and of what is done about idle instruments: they come with those pages. */
i18n.global.mergeLocaleMessage('zh-CN', zh)
i18n.global.mergeLocaleMessage('en', en)
