import { defineConfig } from '@playwright/test'
import launch from './playwright.launch.mjs'

/** The user guide's pictures (docs/user-guide/make): first what the demo is given to show, then every picture in each language. */
export default defineConfig({
  testDir: 'guide',
  outputDir: 'test-results/guide',
  timeout: 240_000,
  expect: { timeout: 60_000 },
  fullyParallel: false,
  workers: 1,
  reporter: [['list']],
  use: { baseURL: process.env.DAYI_URL, timezoneId: 'Asia/Shanghai' },
  projects: [
    { name: 'seed', testMatch: /seed\.ts/ },
    ...['zh-CN', 'en'].map((lang) => ({
      name: lang,
      testMatch: /pictures\.ts/,
      // Date fields are written as the browser's own language has it.
      use: { locale: lang, launchOptions: { ...launch, args: [...launch.args, `--lang=${lang}`], env: { ...process.env, LANG: 'C.UTF-8', LANGUAGE: lang.replace('-', '_') } as Record<string, string> } },
    })),
  ],
})
