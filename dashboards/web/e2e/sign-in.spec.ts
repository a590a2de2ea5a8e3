import { expect, test } from '@playwright/test'
import { noSeriousViolations } from './axe'

test.use({ storageState: { cookies: [], origins: [] } })

for (const lang of ['zh-CN', 'en']) {
  test(`who is not signed in is asked to, and told what went wrong (${lang})`, async ({ page }) => {
    await page.goto(`/instruments?q=a&lang=${lang}`)
    await expect(page).toHaveURL(/\/sign-in\?to=/)
    await page.locator('input[name=login]').fill('nobody')
    await page.locator('input[name=password]').fill('not the password')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toHaveText(lang === 'en' ? /login or the password is wrong/ : /账号或密码不正确/)
    await expect(page.locator('input[name=login]')).toHaveValue('nobody')
    await noSeriousViolations(page)
    await page.setViewportSize({ width: 360, height: 740 })
    await page.screenshot({ path: `test-results/sign-in-${lang}.png` })
  })
}

test('a link that was used already says so', async ({ page }) => {
  await page.goto('/sign-in#dayi_link_0123')
  await expect(page.getByRole('alert')).toContainText('链接已被使用')
  await expect(page).toHaveURL(/\/sign-in$/)
})
