import { expect, test } from '@playwright/test'
import { noSeriousViolations } from './axe'

interface Page {
  total: number
  items: { id: string; kwh: number | null }[]
}

test('the idle board says who is idle now, sorts, filters and sums up', async ({ page, request }) => {
  await page.goto('/idle?idle=all')
  const rows = page.getByTestId('idle').locator('tbody tr')
  await expect(rows).toHaveCount(50)
  await expect(page.getByTestId('figures')).toContainText('kWh')
  await noSeriousViolations(page)

  // Every column sorts, both ways.
  const heads = page.getByTestId('idle').locator('thead button')
  expect(await heads.count()).toBe(15)
  await heads.filter({ hasText: '待机耗电' }).click()
  await expect(page).toHaveURL(/sort=kwh&order=desc/)
  await expect(page.getByTestId('idle').locator('th[aria-sort=descending]')).toContainText('待机耗电')
  await heads.filter({ hasText: '待机耗电' }).click()
  await expect(page).toHaveURL(/order=asc/)

  // A unit is found by its name and stands for everything below it.
  await page.getByTestId('unit').fill('杭州市')
  await page.getByRole('option', { name: /^杭州市/ }).first().click()
  await expect(page).toHaveURL(/unit=city-hangzhou/)
  const below = (await (await request.get('/api/v1/idle?unit=city-hangzhou&limit=1')).json()) as Page
  await expect(page.getByTestId('now-all').locator('strong')).toHaveText(String(below.total))
  await expect(page.getByTestId('csv')).toHaveAttribute('href', /idle\.csv\?unit=city-hangzhou/)

  // Groups, and from a group to its instruments.
  await page.goto('/idle?by=city&idle=all')
  await expect(page.getByTestId('idle-groups').locator('tbody tr')).toHaveCount(11)
  await noSeriousViolations(page)
  await page.getByRole('button', { name: '杭州市' }).click()
  await expect(page).toHaveURL(/unit=city-hangzhou/)
  await expect(rows.first()).toBeVisible()
})

test('the idle board says when there is nothing, or the server fails', async ({ page }) => {
  await page.goto('/idle?idle=all&class=none-of-these')
  await expect(page.getByText('没有符合条件的仪器')).toBeVisible()
  await page.route('**/api/v1/idle**', (route) => route.fulfill({ status: 503, json: { title: 'down' } }))
  await page.goto('/idle')
  await expect(page.getByRole('alert')).toContainText('稍后重试')
  await page.unroute('**/api/v1/idle**')
  await page.getByRole('button', { name: '重试' }).click()
  await expect(page.getByTestId('figures')).toBeVisible()
})

test('the idle board and the menu fit a phone in either language', async ({ page }) => {
  test.setTimeout(180_000)
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    for (const query of ['idle=all', 'idle=all&by=institution']) {
      await page.goto(`/idle?${query}&lang=${lang}`)
      await expect(page.locator('table tbody tr').first()).toBeVisible()
      await page.getByTestId('filters').click()
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${query} ${lang}`).toBe(360)
      await noSeriousViolations(page)
    }
    await page.getByTestId('menu').click()
    await expect(page.getByRole('link', { name: lang === 'en' ? 'Alerts' : '告警' })).toBeVisible()
    await noSeriousViolations(page)
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('menu')).toHaveAttribute('aria-expanded', 'false')
  }
  await page.screenshot({ path: 'test-results/idle-phone.png' })
})

test('something is done about an idle instrument, and about several', async ({ page, request }) => {
  const silenced: unknown[] = []
  const { items } = (await (await request.get('/api/v1/idle?sort=name&order=asc&limit=2')).json()) as Page
  const [first, second] = items.map((i) => i.id)
  // A demo has no alerts in its first ten minutes.
  await page.route(/\/api\/v1\/alerts\?.*instrument=/, (route) => {
    const of = new URL(route.request().url()).searchParams
    expect(of.get('kind')).toBe('standby-idle,unused')
    return route.fulfill({ json: { total: 1, counts: [], items: of.get('instrument') === first ? [{ id: 'A1' }] : [] } })
  })
  await page.route('**/api/v1/alerts/A1/silence', (route) => {
    silenced.push(route.request().postDataJSON())
    return route.fulfill({ json: {} })
  })
  await page.goto('/idle?idle=all&sort=name&order=asc')
  const row = page.locator(`[data-id="${first}"]`)
  await row.getByTestId('act').click()
  await expect(page.getByTestId('model')).toHaveAttribute('href', `/instruments/${first}/models`)
  await noSeriousViolations(page)
  await page.getByTestId('remind').click()
  await expect(page.getByTestId('text')).toHaveValue(new RegExp(`（${first}）`))
  const mail = decodeURIComponent((await page.getByTestId('mail').getAttribute('href'))!)
  expect(mail).toMatch(/^mailto:\S+@\S+\?subject=仪器闲置提醒：/)
  expect(mail).toContain(`/instruments/${first}`)
  await expect(page.getByTestId('tel')).toHaveAttribute('href', /^tel:\d+$/)
  await noSeriousViolations(page)
  await page.keyboard.press('Escape')

  await row.getByTestId('act').click()
  await page.getByTestId('silence').click()
  await page.getByTestId('words').fill('等样品')
  await page.getByTestId('go').click()
  await expect(page.getByTestId('said')).toContainText('已静默 1 台')
  expect(silenced).toEqual([{ minutes: 240, reason: '等样品' }])

  // Where there is nothing to silence, the way that there is instead is offered.
  await page.locator(`[data-id="${second}"]`).getByTestId('act').click()
  await page.getByTestId('silence').click()
  await expect(page.getByText('没有可静默的告警')).toBeVisible()
  await page.keyboard.press('Escape')

  const reason = `t${Date.now().toString(36)}`
  await row.getByRole('checkbox').check()
  await page.locator(`[data-id="${second}"]`).getByRole('checkbox').check()
  await page.getByTestId('maintain-many').click()
  await page.locator('[name=reason]').fill(reason)
  await noSeriousViolations(page)
  await page.getByTestId('save').click()
  await expect(page.getByTestId('said')).toContainText('2 台')
  const planned = (await (await request.get('/api/v1/maintenance')).json()) as { items: { id: string; instrument: string; reason: string }[] }
  const mine = planned.items.filter((one) => one.reason === reason)
  expect(mine.map((one) => one.instrument).sort()).toEqual([first, second].sort())
  for (const { id } of mine) await request.delete(`/api/v1/maintenance/${id}`, { headers: { 'Sec-Fetch-Site': 'same-origin' } })
})
