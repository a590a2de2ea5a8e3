import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'

test.use({ serviceWorkers: 'block' })

const PAGES = ['/', '/?view=table', '/instruments', '/idle', '/alerts', '/subscriptions', '/admin/units', '/me', '/sign-in']

const painted = (page: Page) => page.locator('html').getAttribute('data-theme')
/** Of the corner of the wall's canvas, where nothing but the ground is. */
const ground = (page: Page) => page.getByTestId('wall').evaluate((e: HTMLCanvasElement) => e.getContext('2d')!.getImageData(0, 0, 1, 1).data[0]!)

test('the theme is chosen, remembered, and there before anything is painted', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/idle')
  expect(await painted(page)).toBe('light')
  await page.getByTestId('theme').click()
  expect(await painted(page)).toBe('dark')
  await page.goto('/me')
  expect(await painted(page)).toBe('dark')
  await page.getByTestId('theme-system').click()
  expect(await painted(page)).toBe('light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')

  // With every script but the one in the head held back, the ground is the chosen one already.
  await page.getByTestId('theme-light').click()
  await page.route(/\.js|\.ts/, (route) => (route.request().url().endsWith('/theme.js') ? route.continue() : route.abort()))
  await page.goto('/idle')
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(243, 246, 250)')
})

test('the wall is dark where nobody chose, and light if it is told so', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/')
  await expect.poll(() => ground(page)).toBeLessThan(40)
  await page.goto('/?theme=light')
  await expect.poll(() => ground(page)).toBeGreaterThan(220)
  await page.mouse.move(300, 300)
  await page.getByTestId('theme').click()
  await expect.poll(() => ground(page)).toBeLessThan(40)
})

for (const theme of ['light', 'dark']) {
  test(`every page can be read in the ${theme} theme, and fits a phone`, async ({ page }) => {
    test.setTimeout(180_000)
    await page.addInitScript((choice) => localStorage.setItem('dayi.theme', choice), theme)
    for (const path of PAGES) {
      await page.goto(path)
      await expect(page.locator('h1').first()).toBeAttached()
      await noSeriousViolations(page)
    }
    await page.setViewportSize({ width: 360, height: 740 })
    for (const lang of ['zh-CN', 'en']) {
      for (const path of PAGES) {
        await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
        await expect(page.locator('h1').first()).toBeAttached()
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${path} ${lang}`).toBe(360)
      }
    }
  })
}
