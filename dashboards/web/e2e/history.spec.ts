import { readFile } from 'node:fs/promises'
import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { runningInstrument } from './running'

const DAY = 86_400_000

async function open(page: Page, id: string, query: string): Promise<void> {
  await page.goto(`/instruments/${encodeURIComponent(id)}?${query}`)
  await expect(page.getByTestId('history')).toHaveAttribute('data-status', 'ready')
}

/** The chart asks for its bins again, for a span that `wanted` likes. */
function asked(page: Page, wanted: (from: number, to: number, points: number) => boolean) {
  return page.waitForResponse((response) => {
    const url = new URL(response.url())
    const [from, to, points] = ['from', 'to', 'points'].map((name) => Number(url.searchParams.get(name)))
    return url.pathname.endsWith('/readings') && wanted(from!, to!, points!)
  })
}

const spanInUrl = (page: Page) => {
  const query = new URL(page.url()).searchParams
  return Number(query.get('to')) - Number(query.get('from'))
}

test('a span is chosen, zoomed by dragging, linked to and left again', async ({ page, request }) => {
  const id = await runningInstrument(request)
  await page.goto(`/instruments/${encodeURIComponent(id)}`)
  await expect(page.getByRole('button', { name: '实时' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByTestId('csv')).toBeDisabled()

  const plot = page.locator('.u-over')
  const width = (await plot.boundingBox())!.width
  const hour = asked(page, (from, to, points) => to - from === DAY / 24 && points >= width && points <= 2000)
  await page.getByRole('button', { name: '1 小时' }).click()
  const { bins, step_ms } = (await (await hour).json()) as { bins: number[][]; step_ms: number }
  expect(bins.length).toBeGreaterThan(0)
  await expect(page.getByTestId('history')).toHaveAttribute('data-status', 'ready')
  await expect.poll(async () => Number(await page.getByTestId('chart').getAttribute('data-rows'))).toBeGreaterThanOrEqual(bins.length)
  await expect(page.getByTestId('totals')).toContainText('%')

  // The demo is minutes old: all it measured lies at the right edge.
  const box = (await plot.boundingBox())!
  const finer = asked(page, (from, to) => to - from < DAY / 48)
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 })
  await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 5 })
  await page.mouse.up()
  const zoomed = (await (await finer).json()) as { step_ms: number }
  expect(zoomed.step_ms).toBeLessThan(step_ms)
  await expect(page).toHaveURL(/from=\d+&to=\d+/)
  const marked = spanInUrl(page)
  expect(marked / (DAY / 24)).toBeCloseTo(0.3, 1)

  const wide = asked(page, (from, to) => to - from > marked)
  await plot.dblclick({ position: { x: box.width / 2, y: 40 } })
  await wide
  expect(spanInUrl(page)).toBe(3 * marked)
  await page.goBack()
  await expect.poll(() => spanInUrl(page)).toBe(marked)
  const link = page.url()
  await page.goBack()
  await expect(page).toHaveURL(/span=1h/)
  await expect(page.getByRole('button', { name: '1 小时' })).toHaveAttribute('aria-pressed', 'true')
  await page.goto(link)
  await expect(page.getByTestId('history')).toHaveAttribute('data-status', 'ready')
  expect(spanInUrl(page)).toBe(marked)
})

test('the keyboard reads and zooms the chart, and what is shown is saved as a file', async ({ page, request }) => {
  const id = await runningInstrument(request)
  await open(page, id, 'span=1h')
  const chart = page.getByTestId('chart')
  await chart.focus()
  const tip = page.getByTestId('chart-tip')
  await page.keyboard.press('ArrowRight')
  await expect(tip).toHaveAttribute('aria-live', 'polite')
  const first = await tip.innerText()
  for (let n = 0; n < 5; n++) await page.keyboard.press('Shift+ArrowRight')
  await expect(tip).toContainText(' A')
  expect(await tip.innerText()).not.toBe(first)
  await page.keyboard.press('Escape')
  await expect(tip).toBeHidden()
  const closer = asked(page, (from, to) => to - from === DAY / 72)
  await page.keyboard.press('+')
  await closer

  await open(page, id, 'span=1h')
  const download = page.waitForEvent('download')
  await page.getByTestId('csv').click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^.+-\d{8}T\d{4}Z-\d{8}T\d{4}Z\.csv$/)
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n')
  expect(lines[0]).toBe('\ufeffts,ts_time,lowest_a,mean_a,highest_a,readings')
  expect(lines.length).toBeGreaterThan(1)
  expect(lines[1]!.split(',')).toHaveLength(6)
})

test('days without readings say so, in both languages and on a phone', async ({ page, request }) => {
  const id = await runningInstrument(request)
  const words = { 'zh-CN': ['这段时间没有读数', '显示'], en: ['Nothing was measured in this span', 'Show'] } as const
  for (const [lang, [nothing, show]] of Object.entries(words)) {
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 })
      await open(page, id, `span=24h&lang=${lang}`)
      await noSeriousViolations(page)
      await page.getByTestId('first-day').fill('2024-03-04')
      await page.getByTestId('last-day').fill('2024-03-05')
      await page.getByRole('button', { name: show, exact: true }).click()
      await expect(page).toHaveURL(/from=1709481600000&to=1709654400000/)
      await expect(page.getByTestId('history-empty')).toContainText(nothing)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${lang} ${width}`).toBe(width)
      await noSeriousViolations(page)
    }
  }
})

test('history that cannot be loaded says so, is tried again, and late answers to old questions are dropped', async ({ page, request }) => {
  const id = await runningInstrument(request)
  const readings = '**/api/v1/instruments/*/readings*'
  await page.route(readings, (route) => route.fulfill({ status: 503, json: { title: 'down', detail: 'the disk is asleep' } }))
  await page.goto(`/instruments/${encodeURIComponent(id)}?span=7d`)
  const failed = page.getByTestId('history-error')
  await expect(failed).toContainText('the disk is asleep')
  await noSeriousViolations(page)
  await page.unroute(readings)
  await failed.getByRole('button', { name: '重试' }).click()
  await expect(page.getByTestId('history')).toHaveAttribute('data-status', 'ready')

  // The month is never answered: it is given up when the hour is asked for.
  await page.route(readings, (route) => {
    const query = new URL(route.request().url()).searchParams
    if (Number(query.get('to')) - Number(query.get('from')) < 2 * DAY) return route.continue()
  })
  const givenUp = page.waitForEvent('requestfailed', (r) => r.url().includes('/readings'))
  await page.getByRole('button', { name: '30 天' }).click()
  await expect(page.getByTestId('history').getByText('正在载入历史')).toBeVisible()
  await page.getByRole('button', { name: '1 小时' }).click()
  await givenUp
  await expect(page.getByTestId('history')).toHaveAttribute('data-status', 'ready')
})

test('an answer that was cut says up to when states are drawn', async ({ page, request }) => {
  const id = await runningInstrument(request)
  await page.route('**/api/v1/instruments/*/states*', (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('from'))
    const item = { state: 'on', decided: from, confidence: 0.9, cause: 'model', model: 'threshold-v1' }
    const items = Array.from({ length: 10_000 }, (_, k) => ({ ...item, seq: k, start: from + k * 1000, end: from + (k + 1) * 1000 }))
    return route.fulfill({ json: { from, to: from + 7 * DAY, items } })
  })
  await open(page, id, 'span=7d')
  await expect(page.getByTestId('cut')).toBeVisible()
  // Shares of a part would be read as shares of the whole.
  await expect(page.getByTestId('totals')).not.toContainText('%')
})
