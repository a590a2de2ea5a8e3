import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { worker } from './pwa/plugin.ts'

/** The server that `npm run dev` forwards API calls to. */
const api = process.env.DAYI_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue(), worker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    // Only the composition API is used: leaving the rest out keeps the wall's first load small.
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    // Messages become syntax trees, never `new Function`, so the server's CSP needs no 'unsafe-eval'.
    __INTLIFY_JIT_COMPILATION__: 'true',
  },
  // The host stays as it is: the live push is only for pages of the host that it was asked at.
  server: { proxy: { '/api': { target: api, ws: true }, '/readyz': api, '/metrics': api } },
  build: { target: 'es2022', manifest: 'manifest.json', chunkSizeWarningLimit: 600 },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
