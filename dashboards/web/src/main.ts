import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, loadLocale } from './i18n'
import { router } from './router'
import { startWorker } from './shell/worker'
import './styles/base.css'
import { startTheme } from './theme'

startTheme()
await loadLocale()
createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
startWorker()
