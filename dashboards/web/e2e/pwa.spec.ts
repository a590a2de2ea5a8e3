import { expect, test, type Page } from '@playwright/test'
import { Wire } from './wire'

interface Manifest {
  name: string
  display: string
  start_url: string
  icons: { src: string; sizes: string; type: string; purpose?: string }[]
  shortcuts: { name: string; url: string }[]
}

const controlled = (page: Page) => page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? '')
const kept = (page: Page) =>
  page.evaluate(async () => {
    const paths: string[] = []
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname)
    return paths
  })

test('it can be installed, in both languages', async ({ page, request }) => {
  for (const [lang, name] of [['zh-CN', '大仪'], ['en', 'Dayi']] as const) {
    await page.goto(`/idle?lang=${lang}`)
    await expect(page.locator('html')).toHaveAttribute('lang', lang)
    const response = await request.get((await page.locator('link[rel=manifest]').getAttribute('href'))!)
    expect(response.headers()['content-type']).toMatch(/manifest\+json/)
    const manifest = (await response.json()) as Manifest
    expect(manifest).toMatchObject({ display: 'standalone', start_url: '/' })
    expect(manifest.name).toContain(name)
    expect(manifest.icons.map((icon) => icon.purpose ?? icon.sizes)).toEqual(['192x192', '512x512', 'maskable'])
    for (const { src, sizes } of manifest.icons) {
      const size = await page.evaluate(async (from) => {
        const picture = new Image()
        picture.src = from
        await picture.decode()
        return `${picture.naturalWidth}x${picture.naturalHeight}`
      }, src)
      expect(size, src).toBe(sizes)
    }
    expect(manifest.shortcuts.map(({ url }) => url)).toEqual(['/idle', '/alerts'])
  }
  const browser = await page.context().newCDPSession(page)
  const { errors } = await browser.send('Page.getAppManifest')
  expect(errors).toEqual([])
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors')
  // Tests run in a private window, where nothing can be installed.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
})

test('without a server it starts, says so, and goes on when the server is back', async ({ page, baseURL }) => {
  test.setTimeout(120_000)
  const wire = new Wire(new URL(baseURL!))
  const url = await wire.start()
  await page.goto(`${url}/instruments`)
  await expect.poll(() => controlled(page), { timeout: 30_000 }).toBe(`${url}/sw.js`)
  await expect.poll(() => kept(page), { timeout: 30_000 }).toContain('/index.html')
  // A page that was never open, with what there is.
  await page.goto(`${url}/alerts`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  expect((await kept(page)).filter((path) => path.startsWith('/api'))).toEqual([])

  await wire.stop()
  for (const path of ['/alerts', '/', '/me']) {
    await page.goto(url + path)
    await expect(page.getByTestId('unreachable'), path).toContainText('连不上服务器')
  }
  await wire.startAgain(url)
  await expect(page.getByTestId('unreachable')).toBeHidden({ timeout: 30_000 })
  await expect(page).toHaveURL(`${url}/me`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await wire.stop()
})

test('another version is offered and not forced', async ({ page }) => {
  await page.goto('/idle')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByTestId('version')).toBeHidden()
  await page.route('**/index.html', (route) => route.fulfill({ contentType: 'text/html', body: '<div id="app"></div><script type="module" src="/assets/index-another.js"></script>' }))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect(page.getByTestId('version')).toContainText('新版本')
  await page.unroute('**/index.html')
  await page.getByRole('button', { name: '重新载入' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByTestId('version')).toBeHidden()
})
