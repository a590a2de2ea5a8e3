/**
 * Measures the wall's frame rate in headless, software-rendered Chromium against a server that is already up.
 *
 * node mock/server.mjs --rate 1000 &   node mock/fps.mjs [--url http://127.0.0.1:8090] [--seconds 20] [--width 1920] [--height 1080]
 */
import { parseArgs } from 'node:util'
import { chromium } from '@playwright/test'
import config from '../playwright.launch.mjs'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8090' },
    seconds: { type: 'string', default: '20' },
    width: { type: 'string', default: '1920' },
    height: { type: 'string', default: '1080' },
  },
})

const browser = await chromium.launch(config)
const page = await browser.newPage({ viewport: { width: Number(values.width), height: Number(values.height) } })
await page.goto(values.url)
await page.waitForFunction(() => window.__dayi && window.__dayi.tiles > 0)
const samples = await page.evaluate(async (seconds) => {
  const out = []
  const started = window.__dayi.changes
  // The meter looks back two seconds, so a sample every two covers the whole time once.
  for (let t = 0; t < seconds; t += 2) {
    await new Promise((resolve) => setTimeout(resolve, 2000))
    out.push(window.__dayi.fps())
  }
  return { fps: out, changes: (window.__dayi.changes - started) / seconds, tiles: window.__dayi.tiles }
}, Number(values.seconds))
await browser.close()
const sorted = [...samples.fps].sort((a, b) => a - b)
console.log(
  JSON.stringify({
    viewport: `${values.width}x${values.height}`,
    tiles: samples.tiles,
    changes_per_second: Math.round(samples.changes),
    fps_min: Number(sorted[0].toFixed(1)),
    fps_median: Number(sorted[Math.floor(sorted.length / 2)].toFixed(1)),
  }),
)
