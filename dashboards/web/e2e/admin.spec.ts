import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'

const PAGES = ['units', 'accounts', 'tokens', 'rules', 'maintenance', 'audit'] as const
/** A name that no earlier run of the test left behind. */
const fresh = () => `t${Date.now().toString(36)}`

async function fits(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth), page.url()).toBeLessThanOrEqual(width)
}

for (const lang of ['zh-CN', 'en']) {
  test(`every page of administration opens, fits a phone and is accessible (${lang})`, async ({ page }) => {
    test.setTimeout(120_000)
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 })
      for (const path of [...PAGES.map((one) => `/admin/${one}`), '/me', '/instruments/import']) {
        await page.goto(`${path}?lang=${lang}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.locator('.track')).toHaveCount(0)
        await noSeriousViolations(page)
        await fits(page, width)
      }
    }
  })
}

test('a unit is added, renamed, given hours, moved and deleted, and the log has it', async ({ page }) => {
  const name = fresh()
  await page.goto('/admin')
  await expect(page).toHaveURL(/\/admin\/units$/)
  await page.getByTestId('search').fill('城')
  await page.goto('/admin/units?unit=hangzhou-02')
  await page.getByTestId('add').click()
  await noSeriousViolations(page)
  await page.locator('[name=name]').fill(name)
  await page.locator('[name=id]').fill(name)
  await page.getByTestId('save').click()
  await expect(page).toHaveURL(new RegExp(`unit=${name}`))
  await expect(page.getByTestId('unit')).toContainText(name)

  await page.getByTestId('edit').click()
  await page.locator('[name=name]').fill(`${name} 二`)
  await page.getByTestId('unit-form').getByRole('checkbox').check()
  await page.getByTestId('unit-form').getByLabel('星期六').fill('9:00－12:00')
  await page.getByTestId('save').click()
  await expect(page.getByTestId('unit').locator('> h2')).toContainText(`${name} 二`)
  await expect(page.getByTestId('unit')).toContainText('09:00-12:00')

  await page.getByTestId('move').click()
  await page.locator('dialog input').fill('hangzhou-05')
  await page.keyboard.press('Enter')
  await page.getByTestId('confirm').click()
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(page.getByTestId('tree').locator(`[data-id="${name}"]`)).toHaveAttribute('aria-level', '5')

  await page.getByTestId('delete').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('tree').locator(`[data-id="${name}"]`)).toHaveCount(0)

  await page.goto(`/admin/audit?path=/api/v1/units/${name}&operation=change_unit`)
  const rows = page.getByTestId('audit').locator('tbody tr')
  await expect(rows).toHaveCount(2)
  await rows.nth(1).getByTestId('open').click()
  const entry = page.getByTestId('entry')
  await expect(entry.locator('.was').first()).toHaveText(name)
  await expect(entry.locator('.is').first()).toHaveText(`${name} 二`)
  await noSeriousViolations(page)
  const csv = await page.request.get((await page.getByTestId('csv').getAttribute('href'))!)
  expect((await csv.text()).trim().split('\n').length).toBeGreaterThanOrEqual(3)
})

test('an account is added with a role, signs in with its link, and is disabled', async ({ page, browser, baseURL }) => {
  const login = fresh()
  await page.goto('/admin/accounts')
  await page.getByTestId('add').click()
  const form = page.getByTestId('account-form')
  await form.locator('[name=name]').fill('王丽')
  await form.locator('[name=login]').fill(login)
  await form.getByTestId('save').click()
  await expect(form.getByRole('alert')).toBeVisible()
  await form.getByRole('combobox').first().isVisible()
  await form.locator('.picker input').fill('hangzhou-02-l1')
  await page.keyboard.press('Enter')
  await form.locator('[name=role]').selectOption('laboratory-manager')
  await form.getByTestId('add-grant').click()
  await noSeriousViolations(page)
  await form.getByTestId('save').click()
  const link = await page.getByTestId('secret').locator('textarea').inputValue()
  expect(link).toContain('/sign-in#')
  await page.getByRole('button', { name: '完成' }).click()

  const other = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const theirs = await other.newPage()
  await theirs.goto(new URL(link).pathname + new URL(link).hash)
  await theirs.getByTestId('later').click()
  await theirs.goto('/admin')
  await expect(theirs).toHaveURL(/\/admin\/rules/)
  await expect(theirs.locator('.tabs a')).toHaveCount(3)
  await expect(theirs.getByTestId('rules').getByTestId('set').first()).toBeVisible()
  await theirs.goto('/me')
  await expect(theirs.getByTestId('sessions').locator('tbody tr')).toHaveCount(1)

  await page.goto(`/admin/accounts?q=${login}`)
  const row = page.locator(`[data-login="${login}"]`)
  await row.getByTestId('disable').click()
  await page.getByTestId('confirm').click()
  await expect(row.getByTestId('enable')).toBeVisible()
  await theirs.reload()
  await expect(theirs).toHaveURL(/sign-in/)
  await other.close()
})

test('a token is shown once and revoked', async ({ page, playwright, baseURL }) => {
  const name = fresh()
  await page.goto('/me')
  await page.getByTestId('add-token').click()
  await page.locator('[name=token-name]').fill(name)
  await page.locator('input[type=radio]').nth(1).check()
  await page.getByTestId('make-token').click()
  const token = await page.getByTestId('secret').locator('textarea').inputValue()
  const program = await playwright.request.newContext({ baseURL, extraHTTPHeaders: { Authorization: `Bearer ${token}` } })
  expect((await program.get('/api/v1/units')).status()).toBe(200)
  await noSeriousViolations(page)
  await page.keyboard.press('Escape')
  const row = page.getByTestId('tokens').locator('tr', { hasText: name })
  await row.getByTestId('revoke').click()
  await page.getByTestId('confirm').click()
  await expect(row).toHaveCount(0)
  expect((await program.get('/api/v1/units')).status()).toBe(401)
  await program.dispose()
})

test('a threshold is set at a unit, inherited below it, and inherited again', async ({ page }) => {
  await page.goto('/admin/rules?unit=city-hangzhou')
  const cell = page.getByTestId('rules').locator('[data-kind=standby-idle] [data-severity=notice]')
  await page.locator('[data-kind=standby-idle]').getByTestId('set').click()
  const notice = page.getByTestId('rule-form').locator('[data-severity=notice]')
  await notice.locator('select').first().selectOption('after')
  await notice.locator('input').fill('2')
  await notice.locator('select').last().selectOption('h')
  await noSeriousViolations(page)
  await page.getByTestId('save').click()
  await expect(cell).toContainText('2 小时')
  await expect(cell).toContainText('在此设置')

  await page.goto('/admin/rules?unit=hangzhou-02')
  await expect(cell).toContainText('2 小时')
  await expect(cell).toContainText('来自 杭州市')

  await page.goto('/admin/rules?unit=city-hangzhou')
  await page.locator('[data-kind=standby-idle]').getByTestId('reset').click()
  await page.getByTestId('confirm').click()
  await expect(cell).toContainText('30 分')
  await expect(cell).toContainText('默认')
})

test('work is planned and taken back', async ({ page }) => {
  const reason = fresh()
  await page.goto('/admin/maintenance?new=1&unit=hangzhou-02')
  await expect(page.getByTestId('maintenance-form').getByRole('combobox')).not.toHaveValue('')
  await page.locator('[name=reason]').fill(reason)
  await noSeriousViolations(page)
  await page.getByTestId('save').click()
  const row = page.getByTestId('maintenance').locator('tr', { hasText: reason })
  await expect(row).toContainText('将开始')
  await row.getByTestId('cancel').click()
  await page.getByTestId('confirm').click()
  await expect(row).toHaveCount(0)
})

test('a list that cannot be loaded says so and is tried again', async ({ page }) => {
  await page.route('**/api/v1/accounts?*', (route) => route.fulfill({ status: 503, json: { title: 'down', detail: 'no database' } }))
  await page.goto('/admin/accounts')
  await expect(page.getByRole('alert')).toContainText('no database')
  await page.unroute('**/api/v1/accounts?*')
  await page.getByRole('alert').getByRole('button').click()
  await expect(page.getByTestId('accounts')).toBeVisible()
})
