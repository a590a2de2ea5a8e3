import { expect, test } from '@playwright/test'
import { noSeriousViolations } from './axe'

test('a channel is made, its secret shown once, and tried', async ({ page, request }) => {
  await page.goto('/subscriptions?tab=channels')
  await page.getByTestId('add-channel').click()
  await page.locator('[name=name]').fill('值班系统')
  // There is no such name, and never will be.
  await page.locator('[name=url]').fill('https://example.invalid/hook')
  await noSeriousViolations(page)
  await page.getByTestId('save').click()
  await expect(page.getByTestId('secret')).toHaveText(/^whsec_/)
  const secret = await page.getByTestId('secret').textContent()
  await page.getByTestId('close').click()
  const card = page.getByTestId('channels').locator('li').last()
  await expect(card).toContainText('值班系统')
  await expect(page.locator('body')).not.toContainText(secret!)
  await card.getByTestId('test').click()
  await expect(card.getByTestId('tested')).toBeVisible({ timeout: 30_000 })
  await expect(card.getByTestId('tested')).not.toHaveAttribute('data-outcome', 'delivered')
  await noSeriousViolations(page)
  const id = (await card.getAttribute('data-id'))!
  await card.getByTestId('remove').click()
  await page.getByTestId('sure').click()
  await expect(page.locator(`[data-id="${id}"]`)).toHaveCount(0)
  const left = (await (await request.get('/api/v1/channels')).json()) as { items: { id: string }[] }
  expect(left.items.map((c) => c.id)).not.toContain(id)
})

test('a subscription is made, changed, told in words, switched off and removed', async ({ page }) => {
  await page.goto('/subscriptions')
  await page.getByTestId('add-subscription').click()
  const form = page.getByTestId('subscription-form')
  await form.locator('[name=name]').fill('实验室的告警')
  await form.locator('[name=least]').selectOption('warning')
  await form.getByLabel('每小时汇总').check()
  await form.getByTestId('add-quiet').click()
  await noSeriousViolations(page)
  await form.getByTestId('save').click()
  const card = page.getByTestId('subscriptions').locator('li', { hasText: '实验室的告警' }).last()
  await expect(card).toContainText('警告及以上：全部类型 · 每小时汇总 · 免打扰 22:00–07:00')
  await noSeriousViolations(page)
  await card.getByTestId('toggle').click()
  await expect(card).toContainText('已停用')
  await card.getByTestId('remove').click()
  await page.getByTestId('sure').click()
  await expect(page.getByTestId('sure')).toHaveCount(0)
})

test('deliveries show what was tried, and are sent once more', async ({ page }) => {
  const at = Date.now()
  const delivery = { id: 7, subscription: 's', type: 'alert.raised', instrument: 'i00001', at, state: 'dead', message: 'm', attempts: 2, due: at, created: at, done: at, why: 'gone' }
  await page.route('**/api/v1/deliveries**', (route) => {
    const path = new URL(route.request().url()).pathname
    if (path.endsWith('/replay')) return route.fulfill({ json: { replayed: 1 } })
    if (path.endsWith('/attempts')) return route.fulfill({ json: { items: [{ at, outcome: 'gone', status: 410, answer: 'no such hook', took_ms: 12 }] } })
    return route.fulfill({ json: { items: [delivery] } })
  })
  for (const [lang, width] of [['zh-CN', 1440], ['en', 360]] as const) {
    await page.setViewportSize({ width, height: 800 })
    await page.goto(`/subscriptions?tab=deliveries&state=dead&lang=${lang}`)
    await expect(page.getByTestId('delivery-state')).toHaveValue('dead')
    await page.getByTestId('attempts').click()
    await expect(page.getByTestId('tried')).toContainText('no such hook')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await noSeriousViolations(page)
    await page.getByRole('button', { name: lang === 'en' ? 'Send again' : '重发' }).click()
    await expect(page.getByRole('status').filter({ hasText: '1' }).first()).toBeVisible()
  }
})

test('every part fits a phone in either language', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  for (const lang of ['zh-CN', 'en']) {
    for (const tab of ['subscriptions', 'channels', 'deliveries', 'messages']) {
      await page.goto(`/subscriptions?tab=${tab}&lang=${lang}`)
      await expect(page.getByTestId(`tab-${tab}`)).toHaveAttribute('aria-pressed', 'true')
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${tab} ${lang}`).toBe(360)
    }
  }
})
