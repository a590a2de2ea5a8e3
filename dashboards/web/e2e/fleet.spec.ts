import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { publish, run } from './mqtt'

const TABS = ['', '/sensors', '/bindings', '/clients', '/refusals', '/strangers', '/new'] as const
/** A name that no earlier run of the test left behind. */
const fresh = (stem: string) => `${stem}-${Date.now().toString(36)}`

interface Added {
  credentials: { client_id: string; token: string }
}

async function added(request: APIRequestContext, id: string): Promise<Added['credentials']> {
  const response = await request.post('/api/v1/instruments', { data: { id, name: '试验仪', unit: 'hangzhou-02', rated_current_a: 16 }, headers: { 'Sec-Fetch-Site': 'same-origin' } })
  expect(response.status()).toBe(201)
  return ((await response.json()) as Added).credentials
}

async function current(request: APIRequestContext, id: string): Promise<number | null> {
  const found = (await (await request.get(`/api/v1/instruments/${id}`)).json()) as { sensor: { current_a: number | null } }
  return found.sensor.current_a
}

async function fits(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth), page.url()).toBeLessThanOrEqual(width)
}

for (const lang of ['zh-CN', 'en']) {
  test(`every page of the fleet opens, fits a phone and is accessible (${lang})`, async ({ page }) => {
    test.setTimeout(240_000)
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 })
      for (const path of [...TABS.map((one) => `/fleet${one}`), '/instruments/i00001/edit']) {
        await page.goto(`${path}?lang=${lang}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.locator('.track')).toHaveCount(0)
        await noSeriousViolations(page)
        await fits(page, width)
      }
    }
  })
}

test('the list is found at its old address, and the words of a page follow the language', async ({ page }) => {
  await page.goto('/instruments?state=on&unit=city-hangzhou')
  await expect(page).toHaveURL(/\/fleet\?state=on&unit=city-hangzhou/)
  await expect(page.getByTestId('list')).toBeVisible()
  await expect(page.locator('.tabs a')).toHaveCount(6)
  await page.getByTestId('language').click()
  await expect(page.locator('.tabs')).toContainText('Refused messages')
  await page.getByTestId('language').click()
  await expect(page.locator('.tabs')).toContainText('被拒消息')
})

test('an instrument is added, reports by the command that is shown, is edited beside somebody else, and retired', async ({ page }) => {
  const id = fresh('new')
  await page.goto('/fleet')
  await page.getByTestId('add').click()
  const form = page.getByTestId('instrument-form')
  await form.locator('[name=id]').fill(id)
  await form.locator('[name=name]').fill('新电镜')
  await form.getByRole('combobox').first().fill('hangzhou-02-l1')
  await page.keyboard.press('Enter')
  await form.locator('[name=rated]').fill('很大')
  await form.getByTestId('save').click()
  await expect(form.getByRole('alert')).toContainText('额定电流')
  await form.locator('[name=rated]').fill('16')
  await form.locator('[name=code-asset]').fill(id.toUpperCase())
  await form.getByTestId('add-contact').click()
  await form.locator('[name=contact-name]').fill('王老师')
  await form.getByTestId('save').click()
  const command = await page.getByTestId('command').inputValue()
  await noSeriousViolations(page)
  run(command)
  await expect.poll(() => current(page.request, id)).toBeCloseTo(1.2)

  // Whoever leaves without having noted the token is asked.
  page.once('dialog', (dialog) => void dialog.dismiss())
  await page.locator('a.link[href="/fleet"]').click()
  await expect(page.getByTestId('added')).toBeVisible()
  await page.getByTestId('noted').check()
  await page.locator('a.link[href="/fleet"]').click()
  await page.getByTestId('code').fill(`asset:${id.toUpperCase()}`)
  await page.getByTestId('list').locator(`a[href="/instruments/${id}"]`).click()
  await expect(page.getByTestId('facts')).toContainText('王老师')
  await expect(page.getByTestId('sensor')).toContainText(`客户端 ${id}`)
  await noSeriousViolations(page)
  await page.getByTestId('edit').click()
  await form.locator('[name=room]').fill('101')
  await form.locator('[name=maker]').fill('甲')
  const theirs = await page.request.patch(`/api/v1/instruments/${id}`, {
    data: { maker: '乙', building: '实验楼' },
    headers: { 'If-Match': '"1"', 'Content-Type': 'application/merge-patch+json', 'Sec-Fetch-Site': 'same-origin' },
  })
  expect(theirs.status()).toBe(200)
  await form.getByTestId('save').click()
  await expect(page.getByTestId('theirs').locator('li')).toHaveText(['生产厂商：双方都改了，保存后以您的为准', '楼宇'])
  await expect(form.locator('[name=building]')).toHaveValue('实验楼')
  await form.getByTestId('save').click()
  await expect(form.getByRole('status')).toHaveText('已保存')
  const now = (await (await page.request.get(`/api/v1/instruments/${id}`)).json()) as Record<string, unknown>
  expect(now).toMatchObject({ maker: '甲', room: '101', building: '实验楼' })

  await page.getByTestId('retire').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('restore')).toBeVisible()
  await page.goto(`/fleet?q=${id}`)
  await expect(page.getByText('没有符合条件的仪器')).toBeVisible()
  await page.getByTestId('retired').check()
  await expect(page.getByTestId('list')).toContainText('已停用')
  await page.goto(`/instruments/${id}/edit`)
  await page.getByTestId('restore').click()
  await expect(page.getByTestId('retire')).toBeVisible()
})

test('a message that is refused says why, and is bound from there', async ({ page, request }) => {
  const [id, gateway] = [fresh('ref'), fresh('gw')]
  await added(request, id)
  await page.goto('/fleet/clients')
  await page.getByTestId('add').click()
  await page.locator('[name=client-id]').fill(gateway)
  await page.getByTestId('save').click()
  const token = await page.getByTestId('secret').locator('textarea').inputValue()
  await noSeriousViolations(page)
  await page.getByTestId('finished').click()

  // A client that reports for nothing may publish nowhere: MQTT 3.1.1 is disconnected for it, and what it tried is kept.
  expect(() => publish(gateway, token, `tele/${gateway}/SENSOR`, '{"ENERGY":{"Current":2.5}}')).toThrow()
  await page.goto(`/fleet/refusals?q=${gateway}`)
  const row = page.getByTestId('refusals').locator(`[data-client="${gateway}"]`)
  await row.getByTestId('open').click()
  const detail = page.getByTestId('refusal')
  await expect(detail).toContainText('{"ENERGY":{"Current":2.5}}')
  await noSeriousViolations(page)
  await detail.getByTestId('bind').first().click()
  const form = page.getByTestId('binding-form')
  await expect(form.locator('[name=client]')).toHaveValue(gateway)
  await expect(form.locator('[name=dialect]')).toHaveValue('tasmota')
  await expect(form.locator('[name=prefix]')).toHaveValue(gateway)
  await form.getByLabel('仪器', { exact: true }).fill(id)
  await noSeriousViolations(page)
  await form.getByTestId('save').click()
  await expect(form).toHaveCount(0)
  await expect(page.getByTestId('bindings').locator(`[data-id="${id}"]`)).toContainText('Tasmota')
  publish(gateway, token, `tele/${gateway}/SENSOR`, '{"ENERGY":{"Current":2.5}}')
  await expect.poll(() => current(request, id)).toBeCloseTo(2.5)

  await page.locator(`[data-id="${id}"]`).getByTestId('remove').click()
  await page.getByTestId('confirm').click()
  await expect(page.locator(`[data-id="${id}"]`)).toHaveCount(0)
  await page.goto(`/fleet/clients?q=${gateway}`)
  await page.locator(`[data-client="${gateway}"]`).getByTestId('remove').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByText('没有符合条件的客户端')).toBeVisible()
})

test('a payload that is no text is shown as hex, and nothing in it does anything', async ({ page, request }) => {
  const id = fresh('bin')
  const { client_id, token } = await added(request, id)
  publish(client_id, token, `dayi/v1/${id}/telemetry`, '<img src=x onerror=alert(1)>\u202e')
  page.on('dialog', () => expect(true, 'something in the payload ran').toBe(false))
  await page.goto(`/fleet/refusals?refused=${id}`)
  await expect(page.getByTestId('refusal').locator('pre')).toHaveText('<img src=x onerror=alert(1)>\\u202e')
  publish(client_id, token, `dayi/v1/${id}/telemetry/cbor`, '\u0001\u0002')
  await page.reload()
  await expect(page.getByTestId('refusal').locator('pre').first()).toContainText('0000  01 02')
})

test('a stranger is bound, which makes it a client with a token', async ({ page, request }) => {
  const [id, stranger] = [fresh('str'), fresh('plug')]
  await added(request, id)
  expect(() => publish(stranger, 'none', 'x', '1')).toThrow()
  await page.goto('/fleet/strangers')
  await page.getByTestId('strangers').locator(`[data-client="${stranger}"]`).getByTestId('bind').click()
  const form = page.getByTestId('binding-form')
  await expect(form.getByTestId('new-client')).toContainText('先添加')
  await form.getByLabel('仪器', { exact: true }).fill(id)
  await form.locator('[name=dialect]').selectOption('shelly')
  await form.locator('[name=prefix]').fill('a+b')
  await form.getByTestId('save').click()
  // The client is there, its binding is not: the token is shown all the same.
  await expect(form.getByRole('alert')).toContainText('prefix')
  await expect(form.getByTestId('secret')).toBeVisible()
  await form.locator('[name=prefix]').fill(stranger)
  await form.getByTestId('save').click()
  run(await page.getByTestId('bound').getByTestId('command').inputValue())
  await expect.poll(() => current(request, id)).toBeCloseTo(1.2)
  await page.getByTestId('finished').click()
  await expect(form).toHaveCount(0)
})

test('bindings are changed by a file, whose rows are looked at first', async ({ page, request }) => {
  const id = fresh('csv')
  await added(request, id)
  await page.goto(`/fleet/bindings?q=${id}`)
  const csv = await (await request.get((await page.getByTestId('csv').getAttribute('href'))!)).text()
  expect(csv).toContain(`${id},${id},dayi,${id}`)
  const file = (rows: string) => ({ name: 'bindings.csv', mimeType: 'text/csv', buffer: Buffer.from(`instrument,client_id,dialect,prefix\n${rows}\n`) })
  await page.getByTestId('import').click()
  await page.getByTestId('file').setInputFiles(file(`${id},${id},tasmota,${id}\nnobody,${id},dayi,`))
  const rows = page.getByTestId('rows').locator('tbody tr')
  await expect(rows).toHaveCount(1)
  await expect(rows).toContainText('nobody')
  await expect(page.getByTestId('write')).toHaveCount(0)
  await page.getByTestId('file').setInputFiles(file(`${id},${id},tasmota,${id}`))
  await noSeriousViolations(page)
  await page.getByTestId('write').click()
  await expect(page.getByTestId('written')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByTestId('bindings').locator(`[data-id="${id}"]`)).toContainText('Tasmota')
})

test('sensors with problems are listed by problem, with what to do', async ({ page }) => {
  const health = { received_ms: Date.now() - 3_600_000, measured_ms: null, usual_interval_ms: 5000, clock_ahead_ms: 90_000, same_since_ms: null, late: 3, gaps: 2, missing_s: 90 }
  await page.route(/\/api\/v1\/sensors\/problems\?/, (route) => {
    const after = new URL(route.request().url()).searchParams.get('after')
    const items = [{ instrument: after ? 'i00002' : 'i00001', problems: ['silent', 'clock-skew'], ...health }]
    return route.fulfill({ json: { counts: { silent: 2, 'clock-skew': 2 }, total: 400, items, next: after ? undefined : 'i00001' } })
  })
  await page.goto('/fleet/sensors')
  const rows = page.getByTestId('sensors').locator('tbody tr')
  await expect(rows).toHaveCount(1)
  await expect(rows.first()).toContainText('快 1 分 30 秒')
  await page.getByTestId('more').click()
  await expect(rows).toHaveCount(2)
  await page.getByTestId('counts').locator('[data-problem=silent]').click()
  await expect(page).toHaveURL(/problem=silent/)
  await expect(page.getByTestId('about')).toContainText('有没有电')
  await noSeriousViolations(page)

  await page.route('**/api/v1/instruments/i00001/sensor', (route) => route.fulfill({ json: { problems: ['frozen'], ...health } }))
  await page.goto('/instruments/i00001')
  await expect(page.getByTestId('sensor').locator('[data-problem=frozen]')).toHaveText('读数卡住')
  await expect(page.getByTestId('sensor')).toContainText('重启传感器')
})

test('a list that cannot be loaded says so and is tried again', async ({ page }) => {
  const failing = /\/api\/v1\/bindings\?/
  await page.route(failing, (route) => route.fulfill({ status: 503, json: { title: 'down', detail: 'no database' } }))
  await page.goto('/fleet/bindings')
  await expect(page.getByRole('alert')).toContainText('稍后重试')
  await page.unroute(failing)
  await page.getByRole('alert').getByRole('button').click()
  await expect(page.getByTestId('bindings')).toBeVisible()
})
