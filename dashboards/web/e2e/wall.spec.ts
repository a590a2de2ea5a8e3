import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'

/** States by wire code, as the wall's figures name them. */
const STATES = { 4: 'on', 3: 'standby', 2: 'off', 1: 'offline' } as const

async function totalOf(request: APIRequestContext, state?: string): Promise<number> {
  const response = await request.get('/api/v1/instruments', { params: { limit: 1, ...(state ? { state } : {}) } })
  expect(response.ok()).toBe(true)
  return ((await response.json()) as { total: number }).total
}

async function figure(page: Page, id: string): Promise<number> {
  return Number(await page.getByTestId(id).getAttribute('data-count'))
}

async function openWall(page: Page, query = ''): Promise<void> {
  await page.goto(`/${query}`)
  await expect(page.getByTestId('connection')).toHaveAttribute('data-status', 'live')
  await expect(page.getByTestId('wall')).toBeVisible()
}

/** Moves the mouse over the canvas until it is on a tile, and gives that tile's instrument. */
async function pointAtTile(page: Page): Promise<{ id: string; x: number; y: number }> {
  const box = (await page.getByTestId('wall').boundingBox())!
  const tip = page.getByTestId('tile-tip')
  for (let y = 4; y < box.height; y += 9) {
    for (let x = 6; x < Math.min(box.width, 120); x += 9) {
      await page.mouse.move(box.x + x, box.y + y)
      if (await tip.isVisible()) return { id: (await tip.getAttribute('data-id'))!, x: box.x + x, y: box.y + y }
    }
  }
  throw new Error('no tile under the mouse anywhere')
}

test.beforeEach(({ page }) => {
  // A blocked script or a broken policy shows here first.
  page.on('pageerror', (error) => {
    throw error
  })
})

test('the wall shows what the API counts, live', async ({ page, request }) => {
  await openWall(page)
  // Changes go on meanwhile, so both sides are read again until they agree on one moment.
  await expect
    .poll(async () => (await figure(page, 'total')) - (await totalOf(request)), { message: 'total' })
    .toBe(0)
  for (const [code, state] of Object.entries(STATES)) {
    await expect
      .poll(
        async () => {
          const before = await totalOf(request, state)
          const shown = await figure(page, `count-${code}`)
          const after = await totalOf(request, state)
          return shown >= Math.min(before, after) - 2 && shown <= Math.max(before, after) + 2
        },
        { message: state },
      )
      .toBe(true)
  }
})

test('the canvas is painted, with a label that says what it shows', async ({ page }) => {
  await openWall(page)
  const canvas = page.getByTestId('wall')
  await expect(canvas).toHaveAttribute('role', 'img')
  await expect(canvas).toHaveAttribute('aria-label', /开机 [\d,]+/)
  await expect
    .poll(() =>
      canvas.evaluate((element: HTMLCanvasElement) => {
        const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height)
        const colors = new Set<number>()
        for (let i = 0; i < data.length; i += 4) colors.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!)
        return colors.size
      }),
    )
    .toBeGreaterThan(4)
  expect(await page.evaluate(() => window.__dayi!.tiles)).toBe(await figure(page, 'total'))
})

test('the keyboard reaches the same data as a table', async ({ page }) => {
  await openWall(page)
  const button = page.getByTestId('table')
  for (let n = 0; n < 20 && !(await button.evaluate((b) => b === document.activeElement)); n++) {
    await page.keyboard.press('Tab')
  }
  await expect(button).toBeFocused()
  await page.keyboard.press('Enter')
  const table = page.getByTestId('wall-table')
  await expect(table).toBeVisible()
  await expect(page).toHaveURL(/view=table/)

  const first = table.locator('button[aria-expanded]').first()
  await first.focus()
  await page.keyboard.press('Enter')
  await expect(first).toHaveAttribute('aria-expanded', 'true')
  const institution = table.locator('tr.level2 button').first()
  await institution.focus()
  await page.keyboard.press('Enter')
  const link = table.locator('a').first()
  await expect(link).toBeVisible()
  await noSeriousViolations(page)
  await link.focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/instruments\/.+/)
})

test('a city opens and closes again', async ({ page }) => {
  await openWall(page)
  const all = await figure(page, 'total')
  const city = page.locator('.cities button').first()
  await city.click()
  await expect(page).toHaveURL(/city=/)
  await expect(city).toHaveAttribute('aria-pressed', 'true')
  expect(await figure(page, 'total')).toBeLessThanOrEqual(all)
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/city=/)
})

test('a click on a tile opens its instrument, with chart and ribbon', async ({ page, request }) => {
  await openWall(page)
  const tile = await pointAtTile(page)
  await page.mouse.click(tile.x, tile.y)
  await expect(page).toHaveURL(new RegExp(`/instruments/${encodeURIComponent(tile.id)}$`))
  const response = await request.get(`/api/v1/instruments/${encodeURIComponent(tile.id)}`)
  const instrument = (await response.json()) as { name: string }
  await expect(page.getByTestId('name')).toHaveText(instrument.name)
  const chart = page.getByTestId('chart').locator('canvas')
  await expect(chart).toBeVisible()
  await expect
    .poll(() =>
      chart.evaluate((element: HTMLCanvasElement) => {
        const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height)
        let painted = 0
        for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) painted++
        return painted
      }),
    )
    .toBeGreaterThan(500)
  await expect(page.getByTestId('intervals').locator('tbody tr').first()).toBeVisible()
  await page.getByRole('button', { name: '24 小时' }).click()
  await expect(page).toHaveURL(/span=24h/)
  await noSeriousViolations(page)
})

test('the wall speaks English', async ({ page }) => {
  await openWall(page)
  await page.mouse.move(400, 400)
  await page.getByTestId('language').click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect(page.locator('.states')).toContainText('Standby')
  await expect(page.getByTestId('wall')).toHaveAttribute('aria-label', /^Wall of instrument states/)
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await noSeriousViolations(page)
})

test('the wall has no serious accessibility violation', async ({ page }) => {
  await openWall(page)
  await noSeriousViolations(page)
})

test('the list finds, filters and links', async ({ page, request }) => {
  await page.goto('/instruments')
  const rows = page.getByTestId('list').locator('tbody tr')
  await expect(rows.first()).toBeVisible()
  const { items } = (await (await request.get('/api/v1/instruments', { params: { limit: 1 } })).json()) as {
    items: { id: string; name: string }[]
  }
  await page.getByTestId('search').fill(items[0]!.id)
  await expect(page).toHaveURL(/q=/)
  await expect(rows.first()).toContainText(items[0]!.name)
  await noSeriousViolations(page)
  await page.getByTestId('search').fill('绝不存在的仪器名')
  await expect(page.getByRole('button', { name: '清除筛选' })).toBeVisible()
})

test('an unknown instrument and an unknown page say so', async ({ page }) => {
  await page.goto('/instruments/no-such-instrument')
  await expect(page.getByText('没有这台仪器')).toBeVisible()
  await page.goto('/no/such/page')
  await expect(page.getByText('没有这个页面')).toBeVisible()
})

test('nothing is cut off on the wall, nor pushed aside on a phone, in either language', async ({ page, request }) => {
  test.setTimeout(120_000)
  await openWall(page)
  // The first change comes when an instrument makes one.
  await expect(page.locator('.ticker .line').first()).toBeVisible({ timeout: 60_000 })
  const cut = () =>
    page
      .locator('.states > *, .cities .row > *, .ticker .at, .ticker .to')
      .evaluateAll((parts) => parts.filter((p) => p.getBoundingClientRect().right > innerWidth).map((p) => p.className))
  expect(await cut()).toEqual([])
  await page.mouse.move(400, 400)
  await page.getByTestId('language').click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  expect(await cut()).toEqual([])

  await page.setViewportSize({ width: 360, height: 740 })
  const { items } = (await (await request.get('/api/v1/instruments', { params: { limit: 1 } })).json()) as {
    items: { id: string }[]
  }
  const places: [string, string][] = [
    ['/', 'wall'],
    ['/?view=table', 'wall-table'],
    ['/instruments', 'list'],
    [`/instruments/${encodeURIComponent(items[0]!.id)}`, 'chart'],
  ]
  for (const lang of ['zh-CN', 'en']) {
    for (const [path, part] of places) {
      await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
      await expect(page.getByTestId(part)).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${path} ${lang}`).toBe(360)
    }
  }
})
