import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { runningInstrument } from './running'

const HOUR = 3_600_000
const PARTS = ['levels', 'labels', 'train', 'compare', 'deploy'] as const

async function open(page: Page, id: string, query: string): Promise<void> {
  await page.goto(`/instruments/${encodeURIComponent(id)}/models?${query}`)
  await expect(page.getByTestId('bench').getByRole('heading', { level: 1 })).toBeVisible()
}

async function fits(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth), page.url()).toBe(width)
}

/** Answers in the server's place: a demo is too young for a calibration that is over. */
async function answerLevels(page: Page): Promise<() => unknown> {
  let sent: unknown
  const level = (state: string, from_a: number, to_a: number | null, typical_a: number) => ({
    state, proposed: state, named: sent !== undefined, share: 0.3, confidence: 0.8, told_by: 'current', from_a, to_a, typical_a,
  })
  await page.route('**/api/v1/instruments/*/levels', async (route) => {
    if (route.request().method() === 'PUT') {
      sent = route.request().postDataJSON()
      return route.fulfill({ status: 204 })
    }
    const items = [level('off', 0, 0.2, 0.02), level('standby', 0.2, 2, 0.8), level('on', 2, null, 6)]
    return route.fulfill({ json: { stage: 'calibrated', covered_ms: 25 * HOUR, needed_ms: 24 * HOUR, items } })
  })
  return () => sent
}

/** The same for versions: nothing can be trained well on a demo's first minutes. Promotions are taken as the server takes them. */
async function answerVersions(page: Page): Promise<() => unknown> {
  let sent: unknown
  let serving: number | null = 1
  const at = Date.now() - HOUR
  const score = (macro_f1: number, false_transitions_per_day: number, delay_p50_s: number) => ({ macro_f1, accuracy: macro_f1, false_transitions_per_day, delay_p50_s, delay_p95_s: 60, late_share: 0.1, missed_share: 0 })
  const verdict = {
    candidate: score(0.975, 4, 12),
    incumbent: score(0.951, 1, 30),
    incumbent_model: 'mlp-v1@1',
    candidate_confusion: { seconds: [[7200, 0, 0], [0, 3600, 360], [0, 0, 7200]], silent_s: [0, 0, 0] },
    incumbent_confusion: { seconds: [[7200, 0, 0], [0, 1800, 2160], [0, 0, 7200]], silent_s: [0, 0, 0] },
    judged_days: 0.2,
    problems: [{ kind: 'more_false_transitions', detail: '4.00 false transitions a day are more than 1.00' }],
  }
  const models = () => ({
    serving,
    versions: [
      { version: 2, at, serving: serving === 2, manifest: { model: 'mlp-v1' }, verdict },
      { version: 1, at: at - HOUR, serving: serving === 1, manifest: { model: 'mlp-v1' }, verdict: null },
    ],
    promotions: [{ number: 1, version: serving, author: '王老师', reason: 'first', at }],
  })
  await page.route('**/api/v1/instruments/*/models', (route) => route.fulfill({ json: models() }))
  await page.route('**/api/v1/instruments/*/models/promotions', (route) => {
    sent = route.request().postDataJSON()
    serving = (sent as { version: number | null }).version
    return route.fulfill({ status: 201, json: models().promotions[0] })
  })
  return () => sent
}

test('the overview counts what models need, and its filters are in the address', async ({ page, request }) => {
  const { counts, instruments } = (await (await request.get('/api/v1/models?limit=1')).json()) as { counts: Record<string, number>; instruments: number }
  await page.goto('/models')
  await expect(page.getByTestId('models').locator('tbody tr')).toHaveCount(Math.min(50, instruments))
  for (const need of ['review', 'retrain', 'train', 'name-levels']) await expect(page.getByTestId(`need-${need}`)).toContainText(String(counts[need]))
  await noSeriousViolations(page)
  await page.getByTestId('need-review').click()
  await expect(page).toHaveURL(/needs=review/)
  await page.getByTestId('tab-drifts').click()
  await expect(page.getByText('没有模型漂移')).toBeVisible()
  await page.goto('/models')
  await expect(page.getByRole('link', { name: '模型', exact: true })).toBeVisible()
})

test('the overview says when the server fails, and asks again', async ({ page }) => {
  await page.route('**/api/v1/models?*', (route) => route.fulfill({ status: 503, json: { title: 'down' } }))
  await page.goto('/models')
  await expect(page.getByRole('alert')).toContainText('稍后重试')
  await page.unroute('**/api/v1/models?*')
  await page.getByRole('alert').getByRole('button').click()
  await expect(page.getByTestId('models')).toBeVisible()
})

test('levels are confirmed and renamed', async ({ page, request }) => {
  const id = await runningInstrument(request)
  const sent = await answerLevels(page)
  await open(page, id, 'tab=levels')
  await page.getByTestId('level-1').selectOption('on')
  await page.getByTestId('confirm-levels').click()
  await expect(page.getByTestId('levels-part').getByTestId('named')).toHaveCount(3)
  const level = (typical_a: number, proposed: string, state = proposed) => ({ typical_a, proposed, state })
  expect(sent()).toEqual({ levels: [level(0.02, 'off'), level(0.8, 'standby', 'on'), level(6, 'on')] })
  await noSeriousViolations(page)
})

test('labels are painted by dragging and by fields, and taken back', async ({ page, request }) => {
  const id = await runningInstrument(request)
  const labels = async () => ((await (await request.get(`/api/v1/instruments/${id}/labels`)).json()) as { items: { state: string; start: number; end: number }[] }).items
  await open(page, id, 'tab=labels&span=live')
  const held = page.getByTestId('edits').locator('li[data-undone=no]')
  await expect(page.getByTestId('amount')).toBeVisible()
  const before = await held.count()

  await page.keyboard.press('2')
  await expect(page.getByTestId('brush-standby')).toHaveAttribute('aria-checked', 'true')
  const ribbons = (await page.locator('.u-ribbons').boundingBox())!
  const y = ribbons.y + ribbons.height - 15
  await page.mouse.move(ribbons.x + ribbons.width * 0.2, y)
  await page.mouse.down()
  await page.mouse.move(ribbons.x + ribbons.width * 0.5, y, { steps: 4 })
  await page.mouse.up()
  await expect(held).toHaveCount(before + 1)
  const painted = (await labels()).filter((label) => label.state === 'standby')
  expect(painted.some(({ start, end }) => end - start > 120_000 && end - start < 240_000)).toBe(true)
  await noSeriousViolations(page)

  await page.keyboard.press('Control+z')
  await expect(held).toHaveCount(before)

  await page.getByTestId('by-time').click()
  await page.getByTestId('span-what').selectOption('off')
  await page.getByTestId('paint-span').click()
  await expect(held).toHaveCount(before + 1)
  expect((await labels()).some((label) => label.state === 'off')).toBe(true)
  await page.getByTestId('undo').click()
  await expect(held).toHaveCount(before)
})

test('a stroke that the server does not take stays and is sent again', async ({ page, request }) => {
  const id = await runningInstrument(request)
  await open(page, id, 'tab=labels&span=live')
  await page.getByTestId('by-time').click()
  await page.route('**/labels', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 503, json: { title: 'down' } }) : route.fallback()))
  await page.getByTestId('paint-span').click()
  await expect(page.getByTestId('unsaved')).toContainText('1 笔')
  await noSeriousViolations(page)
  await page.unroute('**/labels')
  await page.getByTestId('unsaved').getByRole('button', { name: '重试' }).click()
  await expect(page.getByTestId('saved')).toContainText('已保存')
  await page.getByTestId('undo').click()
  await expect(page.getByTestId('undo')).toBeDisabled()
})

test('a training says in words why it came to nothing', async ({ page, request }) => {
  test.setTimeout(240_000)
  const id = await runningInstrument(request)
  // A minute of labels: far too few.
  const field = (ago: number) => new Date(Date.now() - ago + 8 * HOUR).toISOString().slice(0, 16)
  await open(page, id, 'tab=labels&span=live')
  await page.getByTestId('by-time').click()
  await page.getByTestId('span-from').fill(field(120_000))
  await page.getByTestId('span-to').fill(field(60_000))
  await page.getByTestId('paint-span').click()
  await expect(page.getByTestId('amount')).toHaveAttribute('data-worth', 'little')
  await page.getByTestId('tab-train').click()
  await page.getByTestId('train').click()
  const job = page.getByTestId('job')
  await expect(job).toHaveAttribute('data-state', /^(done|failed)$/, { timeout: 200_000 })
  await expect(job.getByTestId('log')).toContainText(/标签太少|标签下面没有读数/)
  await noSeriousViolations(page)
  await page.goto('/models?tab=jobs')
  await expect(page.getByTestId('jobs').locator('li').first()).toContainText('已完成')
})

test('a version is compared and promoted against its verdict, with a reason', async ({ page, request }) => {
  const id = await runningInstrument(request)
  const sent = await answerVersions(page)
  await open(page, id, 'tab=compare')
  await expect(page.getByTestId('verdict')).toContainText('误判的状态变化比原模型多')
  const row = (figure: string) => page.getByTestId('scores').locator(`[data-figure=${figure}]`)
  await expect(row('macro_f1')).toHaveAttribute('data-better', 'yes')
  await expect(row('false_transitions_per_day')).toContainText('▼ +3.0')
  await expect(page.getByTestId('confusion')).toHaveCount(2)
  await expect(page.getByTestId('confusion').first()).toContainText('90.9%')
  await noSeriousViolations(page)

  await page.getByTestId('tab-deploy').click()
  await page.locator('[data-version="2"]').getByTestId('promote').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByRole('dialog')).toContainText('请写明理由')
  expect(sent()).toBeUndefined()
  await noSeriousViolations(page)
  await page.getByTestId('reason').fill('第 1 版把水泵当作开机')
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('deploy-part')).toHaveAttribute('data-serving', '2')
  expect(sent()).toEqual({ version: 2, reason: '第 1 版把水泵当作开机' })
  await expect(page.locator('[data-version="2"]').getByTestId('artifact')).toHaveAttribute('href', `/api/v1/instruments/${id}/models/2/artifact`)
})

test('the models pages fit a phone in either language, and a finger paints', async ({ page, request }) => {
  test.setTimeout(180_000)
  const id = await runningInstrument(request)
  await answerVersions(page)
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    await page.goto(`/models?lang=${lang}`)
    await expect(page.getByTestId('models')).toBeVisible()
    await fits(page, 360)
    await noSeriousViolations(page)
    for (const part of PARTS) {
      await open(page, id, `tab=${part}&lang=${lang}`)
      await expect(page.getByTestId('bench').locator('section').first()).toBeVisible()
      await fits(page, 360)
      await noSeriousViolations(page)
    }
  }

  await open(page, id, 'tab=labels&span=live')
  const held = page.getByTestId('edits').locator('li[data-undone=no]')
  await expect(page.getByTestId('amount')).toBeVisible()
  const before = await held.count()
  await page.getByTestId('brush-on').click()
  await page.locator('.u-over').scrollIntoViewIfNeeded()
  const plot = (await page.locator('.u-over').boundingBox())!
  const touch = await page.context().newCDPSession(page)
  const at = (part: number) => [{ x: plot.x + plot.width * part, y: plot.y + plot.height / 2 }]
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0.3) })
  for (const part of [0.35, 0.45, 0.6]) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(part) })
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await expect(held).toHaveCount(before + 1)
})
