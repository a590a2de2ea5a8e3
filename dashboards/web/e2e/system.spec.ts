import { expect, test } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { runningInstrument } from './running'

test('the page of the server says how it is, goes on by itself, and waits when told to', async ({ page, request }) => {
  await runningInstrument(request)
  await page.goto('/system')
  const whole = page.getByTestId('whole')
  await expect(whole).toContainText('SQLite')
  await expect(page.getByTestId('ready')).toHaveText('是')
  for (const check of ['connections', 'lag-actors', 'lag-history', 'queue-records', 'disk', 'memory']) await expect(page.getByTestId(`check-${check}`)).toBeVisible()
  // A rate needs two answers.
  await expect(page.getByTestId('check-received').locator('.value')).toHaveText(/^[\d.,]+ \/秒$/, { timeout: 30_000 })
  await expect(page.getByTestId('check-received').locator('polyline')).toBeAttached({ timeout: 30_000 })
  await expect(page.getByTestId('influx-none')).toContainText('[influx]')
  await noSeriousViolations(page)

  await page.getByTestId('pause').click()
  await expect(page.getByTestId('as-of')).toContainText('已暂停')
  const at = await page.getByTestId('as-of').innerText()
  const asked = page.waitForRequest('**/api/v1/system')
  await page.getByTestId('pause').click()
  await asked
  await expect(page.getByTestId('as-of')).not.toHaveText(at)
})

test('the page of the server says what is wrong and what to do', async ({ page, request }) => {
  const system = (await (await request.get('/api/v1/system')).json()) as Record<string, unknown>
  await page.route('**/api/v1/system', (route) =>
    route.fulfill({
      json: {
        ...system,
        status: 'degraded',
        problems: ['readings are not acknowledged: the disk is full'],
        journal: { bytes: 5e6, lag: [{ reader: 'history', bytes: 9e6 }] },
        disk: { path: '/data', free_bytes: 1e8, total_bytes: 1e12 },
        notifications: { waiting: 1, dead: 2, oldest_seconds: 0 },
      },
    }),
  )
  await page.route('**/readyz', (route) => route.fulfill({ status: 503, json: { ready: false, problems: ['readings are not acknowledged: the disk is full'] } }))
  await page.goto('/system?lang=en')
  await expect(page.getByTestId('whole')).toHaveAttribute('data-level', 'bad')
  await expect(page.getByTestId('problems').locator('li')).toHaveText(['readings are not acknowledged: the disk is full'])
  await expect(page.getByTestId('ready')).toHaveText('no')
  await expect(page.getByTestId('check-lag-history')).toContainText('Fault')
  await expect(page.getByTestId('check-lag-history')).toContainText('does not keep up')
  await expect(page.getByTestId('check-disk')).toContainText('raw_days')
  await expect(page.getByTestId('check-notifyDead')).toContainText('Look')
  await noSeriousViolations(page)

  // What was last said stays when the server falls silent.
  await page.route('**/api/v1/system', (route) => route.abort())
  await expect(page.getByTestId('whole')).toContainText('does not answer', { timeout: 30_000 })
  await expect(page.getByTestId('check-disk')).toContainText('100 MB')
})

test('lines that InfluxDB refused are listed with its reasons and sent again', async ({ page }) => {
  const stream = { connected: false, last_success: null, points: 12, batches: 1, retries: 3, refilled: 0 }
  let left = 60
  await page.route('**/api/v1/influx', (route) =>
    route.fulfill({
      json: {
        configured: true,
        set_aside: left,
        streams: [{ ...stream, name: 'states', behind: { seconds: 400, changes: 7 }, last_answer: { at: Date.now(), text: '401 unauthorized' }, next_try: Date.now() + 9000, set_aside: left }],
      },
    }),
  )
  await page.route('**/api/v1/influx/set-aside?**', (route) => {
    const before = Number(new URL(route.request().url()).searchParams.get('before') ?? 61)
    const items = Array.from({ length: Math.min(50, before - 1) }, (_, n) => ({ id: String(before - 1 - n), at: Date.now(), stream: 'states', reason: 'field type conflict', line: `instrument_state,instrument=i${n} state=4i` }))
    return route.fulfill({ json: { total: left, items: left ? items : [] } })
  })
  await page.route('**/api/v1/influx/set-aside/retry', (route) => {
    left = 0
    return route.fulfill({ json: { taken: 60, refused: 0, left: 0 } })
  })
  await page.goto('/system?lang=en')
  await expect(page.getByTestId('influx')).toContainText('401 unauthorized')
  await expect(page.getByTestId('influx')).toContainText('7 changes')
  const lines = page.getByTestId('set-aside').locator('tbody tr')
  await expect(lines).toHaveCount(50)
  await expect(lines.first()).toContainText('field type conflict')
  await page.getByTestId('more').click()
  await expect(lines).toHaveCount(60)
  await noSeriousViolations(page)
  await page.getByTestId('send-again').click()
  await expect(page.getByText('60 taken, 0 refused again, 0 not tried.')).toBeVisible()
  await expect(lines).toHaveCount(0)
})

test('the report of a fault is there as text, and the page says when it knows nothing', async ({ page, context, baseURL }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: baseURL! })
  await page.goto('/system')
  await page.getByTestId('copy').click()
  await expect(page.getByText('已复制')).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toMatch(/^dayi \d/)
  expect(text).toContain('lag actors = ')
  expect(text).toContain('influx: not configured')

  // Without a clipboard it is shown.
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  await page.getByTestId('copy').click()
  await expect(page.getByTestId('text')).toHaveValue(/^dayi \d/)
  await noSeriousViolations(page)

  await page.route('**/api/v1/system', (route) => route.fulfill({ status: 403, json: { title: 'Forbidden', detail: 'this asks for operate' } }))
  await page.goto('/system')
  await expect(page.getByRole('alert')).toContainText('this asks for operate')
  await page.unroute('**/api/v1/system')
  await page.getByRole('button', { name: '重试' }).click()
  await expect(page.getByTestId('whole')).toBeVisible()
})

test('the page of the server fits a phone in either language', async ({ page }) => {
  test.setTimeout(120_000)
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    await page.goto(`/system?lang=${lang}`)
    await expect(page.getByTestId('check-disk')).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth), lang).toBe(360)
    await noSeriousViolations(page)
  }
  await page.screenshot({ path: 'test-results/system-phone.png', fullPage: true })
})
