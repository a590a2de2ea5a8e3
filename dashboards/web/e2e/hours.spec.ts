import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { runningInstrument } from './running'

interface Hours {
  items: { id: string; name: string; instruments: number; effective_ms: number; coverage: number; start: string }[]
}

const rows = (page: Page) => page.getByTestId('hours').locator('tbody tr')
const drawn = (page: Page) => expect(page.locator('[role=img] svg')).toHaveCount(2, { timeout: 30_000 })

async function hours(request: APIRequestContext, query: string): Promise<Hours['items']> {
  return ((await (await request.get(`/api/v1/hours?${query}`)).json()) as Hours).items
}

test('hours say how a fleet was used: figures, trend, ranking and the same as a table', async ({ page, request }) => {
  await runningInstrument(request)
  await page.goto('/hours')
  await expect(rows(page)).toHaveCount(11)
  await drawn(page)
  const [all] = await hours(request, 'by=all')
  await expect(page.getByTestId('figures')).toContainText(`${all!.instruments} 台仪器`)
  // The demo is minutes old: next to nothing of the month is known, and that is said.
  await expect(page.getByTestId('little')).toContainText('下限')
  await noSeriousViolations(page)

  // The trend is there in figures, too, a row for each day until today.
  await page.locator('summary').click()
  await expect(page.getByTestId('periods').locator('tbody tr')).toHaveCount(30)
  await page.getByTestId('per-week').click()
  await expect(page).toHaveURL(/per=week/)
  const weeks = await hours(request, 'by=all&per=week')
  await expect(page.getByTestId('periods').locator('tbody tr')).toHaveCount(weeks.length)
  await expect(page.getByTestId('periods').locator('tbody th').first()).toContainText(weeks[0]!.start)

  // Every column sorts, both ways; the address holds it.
  const heads = page.getByTestId('hours').locator('thead button')
  expect(await heads.count()).toBe(11)
  await heads.filter({ hasText: '仪器数' }).click()
  await expect(page).toHaveURL(/sort=instruments/)
  const cities = (await hours(request, 'by=city')).sort((a, b) => b.instruments - a.instruments)
  await expect(rows(page).first()).toContainText(cities[0]!.name)
  await heads.filter({ hasText: '仪器数' }).click()
  await expect(page).toHaveURL(/order=asc/)
  await expect(rows(page).last()).toContainText(cities[0]!.name)
})

test('a press on a group goes down the tree to an instrument, and the trail leads up again', async ({ page, request }) => {
  await runningInstrument(request)
  await page.goto('/hours')
  await page.getByRole('button', { name: '杭州市', exact: true }).click()
  await expect(page).toHaveURL(/unit=city-hangzhou/)
  await expect(page.getByTestId('by-county')).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByTestId('figures')).toContainText('台仪器')

  // A bar does the same as the name in the table.
  await drawn(page)
  const first = await rows(page).first().getAttribute('data-id')
  const chart = page.getByTestId('ranking').locator('[role=img] svg')
  const box = (await chart.boundingBox())!
  await chart.click({ position: { x: box.width / 2, y: 12 + 15 } })
  await expect(page).toHaveURL(new RegExp(`unit=${first}`))
  await expect(page.getByTestId('by-institution')).toHaveAttribute('aria-pressed', 'true')

  await rows(page).first().getByRole('button').click()
  await page.getByTestId('by-instrument').click()
  await rows(page).first().getByRole('link').click()
  await expect(page).toHaveURL(/\/instruments\/[^/]+\?from=\d+&to=\d+/)
  await page.goBack()
  await page.getByTestId('trail').getByRole('button', { name: '杭州市' }).click()
  await expect(page.getByTestId('by-county')).toHaveAttribute('aria-pressed', 'true')
  await page.getByTestId('trail').getByRole('button', { name: '全部' }).click()
  await expect(rows(page)).toHaveCount(11)
})

test('spans, other days and filters are in the address and in the file', async ({ page, request }) => {
  await runningInstrument(request)
  await page.goto('/hours?unit=city-hangzhou&by=institution&sort=group')
  await expect(rows(page)).toHaveCount(20)
  await page.getByRole('button', { name: '下一页' }).click()
  await expect(page).toHaveURL(/page=2/)
  const csv = (await page.getByTestId('csv').getAttribute('href'))!
  const lines = (await (await request.get(csv)).text()).trim().split('\n')
  const all = await hours(request, 'by=institution&unit=city-hangzhou')
  expect(lines).toHaveLength(all.length + 1)

  await page.getByTestId('span-this-year').click()
  await expect(page).toHaveURL(/span=this-year/)
  await expect(page.getByTestId('about')).toContainText('-01-01')
  // Nothing is older than the demo.
  await page.getByTestId('first-day').fill('2024-03-04')
  await page.getByTestId('last-day').fill('2024-03-05')
  await page.getByTestId('show-days').click()
  await expect(page).toHaveURL(/from=2024-03-04&to=2024-03-05/)
  await expect(page.getByText('这段时间还没有记录')).toBeVisible()
  await noSeriousViolations(page)
  await page.getByTestId('last-day').fill('2024-03-03')
  await page.getByTestId('show-days').click()
  await expect(page.getByRole('alert')).toContainText('开始日期不能晚于结束日期')
  await expect(page.getByTestId('last-day')).toHaveValue('2024-03-03')
  await page.goto('/hours?class=none-of-these')
  await page.getByRole('button', { name: '清除筛选' }).click()
  await expect(rows(page)).toHaveCount(11)
})

test('hours tell how far they are, and what the server says when it fails', async ({ page, request }) => {
  await runningInstrument(request)
  const api = '**/api/v1/hours?**'
  let answer = () => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route(api, async (route) => {
    if (route.request().url().includes('by=city')) await held
    await route.continue()
  })
  await page.goto('/hours')
  await expect(page.getByText('已完成 75.0%')).toBeVisible()
  answer()
  await expect(rows(page)).toHaveCount(11)

  await page.unroute(api)
  await page.route(api, (route) => route.fulfill({ status: 503, json: { title: 'not yet', detail: 'the days are counted anew' } }))
  await page.getByTestId('span-last-month').click()
  await expect(page.getByRole('alert')).toContainText('the days are counted anew')
  await noSeriousViolations(page)
  await page.unroute(api)
  await page.getByRole('button', { name: '重试' }).click()
  await expect(page.getByText('这段时间还没有记录')).toBeVisible()
})

test('hours fit a phone in either language, and paper', async ({ page, request }) => {
  test.setTimeout(180_000)
  await runningInstrument(request)
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    await page.goto(`/hours?unit=city-hangzhou&by=institution&lang=${lang}`)
    await expect(rows(page)).toHaveCount(20)
    await drawn(page)
    await page.getByTestId('filters').click()
    await expect(page.getByTestId('first-day')).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth), lang).toBe(360)
    await noSeriousViolations(page)
  }
  await page.screenshot({ path: 'test-results/hours-phone.png', fullPage: true })
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('heading', { level: 1, name: 'Report of instrument hours', exact: true })).toBeVisible()
  await expect(page.getByTestId('about')).toContainText('Made')
  await expect(page.getByTestId('filters')).toBeHidden()
  await expect(page.getByTestId('csv')).toBeHidden()
})
