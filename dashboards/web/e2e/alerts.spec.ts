import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'

const MINUTE = 60_000

/** Answers in the server's place: a demo has no alerts in its first ten minutes. */
async function answerWith(page: Page, n: number): Promise<{ acknowledged: string[]; silenced: unknown[] }> {
  const done = { acknowledged: [] as string[], silenced: [] as unknown[] }
  const now = Date.now()
  const alert = (id: number) => ({
    id: `A${id}`,
    instrument: `i0000${id}`,
    name: '场发射扫描电镜',
    name_en: 'Field-emission SEM',
    class: '010102',
    unit: 'province/city-hangzhou/',
    kind: id % 2 ? 'offline' : 'standby-idle',
    severity: ['notice', 'warning', 'serious', 'critical'][id % 4],
    since: now - id * MINUTE,
    raised: now - id * MINUTE,
    updated: now,
    cleared: null,
    reopened: 0,
    state: 'standby',
    acknowledged: done.acknowledged.includes(`A${id}`) ? { by: '李', at: now, note: '在修' } : null,
    silenced: done.silenced.length && id === 1 ? { by: '李', at: now, until: now + 60 * MINUTE, reason: '等配件' } : null,
  })
  await page.route(/\/api\/v1\/alerts(\?.*)?$/, (route) => {
    const items = Array.from({ length: n }, (_, i) => alert(i + 1))
    const counts = items.map((a) => ({ kind: a.kind, severity: a.severity, count: 1 }))
    return route.fulfill({ json: { total: n, counts, items } })
  })
  await page.route('**/api/v1/alerts/acknowledge', (route) => {
    const { ids } = route.request().postDataJSON() as { ids: string[] }
    done.acknowledged.push(...ids)
    return route.fulfill({ json: { acknowledged: ids, not: [] } })
  })
  await page.route('**/api/v1/alerts/A1/silence', (route) => {
    done.silenced.push(route.request().postDataJSON())
    return route.fulfill({ json: alert(1) })
  })
  await page.route('**/api/v1/alerts/A1', (route) => {
    const one = alert(1)
    const step = { number: 1, step: 'raised', at: now, severity: one.severity, acknowledged: null, silenced: null }
    const steps = [step, ...(one.silenced ? [{ ...step, number: 2, step: 'silenced', silenced: one.silenced }] : [])]
    return route.fulfill({ json: { ...one, steps } })
  })
  return done
}

test('alerts are counted, filtered, acknowledged and silenced', async ({ page }) => {
  const done = await answerWith(page, 5)
  await page.goto('/alerts')
  const rows = page.getByTestId('alerts').locator('tbody tr')
  await expect(rows).toHaveCount(5)
  await expect(page.getByTestId('open-alerts')).toHaveText('5')
  await noSeriousViolations(page)

  await page.getByTestId('counts').locator('[data-severity=warning]').click()
  await expect(page).toHaveURL(/severity=warning/)
  await page.getByTestId('kinds').locator('[data-kind=offline]').click()
  await expect(page).toHaveURL(/kind=offline/)
  await page.getByTestId('acknowledged').selectOption('no')
  await expect(page.getByTestId('csv')).toHaveAttribute('href', /alerts\.csv\?acknowledged=false&kind=offline&severity=warning/)

  await page.getByTestId('choose-all').check()
  await page.getByTestId('acknowledge-many').click()
  await page.getByTestId('words').fill('在修')
  await noSeriousViolations(page)
  await page.getByTestId('go').click()
  await expect(page.getByTestId('handle')).toHaveCount(0)
  expect(done.acknowledged).toHaveLength(5)
  await expect(rows.first()).toContainText('李 已确认')
})

test('an alert opens with its steps, by its address, and is silenced there', async ({ page }) => {
  const done = await answerWith(page, 2)
  await page.goto('/alerts?alert=A1')
  await expect(page.getByTestId('alert')).toBeVisible()
  await expect(page.getByTestId('steps').locator('li')).toHaveCount(1)
  await noSeriousViolations(page)
  await page.getByTestId('alert').getByRole('button', { name: '静默' }).click()
  await page.getByTestId('words').fill('等配件')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('steps').locator('li')).toHaveCount(2)
  await expect(page.getByTestId('steps')).toContainText('等配件')
  expect(done.silenced).toEqual([{ minutes: 240, reason: '等配件' }])
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/alert=/)
})

test('a server without alerts says so, and alerts fit a phone in either language', async ({ page }) => {
  await page.goto('/alerts?instrument=no-such-instrument')
  await expect(page.getByText('没有符合条件的告警')).toBeVisible()
  await answerWith(page, 3)
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    await page.goto(`/alerts?lang=${lang}`)
    await expect(page.getByTestId('alerts')).toBeVisible()
    await page.getByTestId('filters').click()
    expect(await page.evaluate(() => document.documentElement.scrollWidth), lang).toBe(360)
    await noSeriousViolations(page)
  }
  await page.screenshot({ path: 'test-results/alerts-phone.png' })
})
