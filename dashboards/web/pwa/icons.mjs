/** Paints public/icons/*.png out of public/favicon.svg with the system's Chromium: node pwa/icons.mjs */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import config from '../playwright.launch.mjs'

const PUBLIC = join(import.meta.dirname, '../public')
const svg = await readFile(join(PUBLIC, 'favicon.svg'), 'utf8')
// A mask may cut off all but the middle 80 %: the ground goes to the edges, the rest is smaller.
const maskable = svg.replace(' rx="3"', '').replace(/(<rect width="16"[^>]*>)(.*)<\/svg>/, '$1<g transform="translate(1.4 1.4) scale(.825)">$2</g></svg>')

const browser = await chromium.launch(config)
for (const [name, size, picture] of [
  ['icon-192', 192, svg],
  ['icon-512', 512, svg],
  ['maskable-512', 512, maskable],
  ['touch-180', 180, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${picture}`)
  await page.screenshot({ path: join(PUBLIC, `icons/${name}.png`), omitBackground: true })
  await page.close()
}
await browser.close()
