import { defineConfig } from '@playwright/test'
import launch from './playwright.launch.mjs'

/** The tests run against a dayi server that is already up (`DAYI_URL`), in the system's Chromium, signed in. */
export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 20_000 },
  fullyParallel: false,
  workers: 1,
  reporter: [['list']],
  use: {
    baseURL: process.env.DAYI_URL ?? 'http://127.0.0.1:8080',
    viewport: { width: 1920, height: 1080 },
    locale: 'zh-CN',
    screenshot: 'only-on-failure',
    launchOptions: launch,
  },
  projects: [
    { name: 'sign in', testMatch: /sign-in\.setup\.ts/ },
    { name: 'pages', dependencies: ['sign in'], use: { storageState: 'test-results/signed-in.json' } },
  ],
})
