import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Browser, type Locator, type Page } from '@playwright/test'
import { api, people } from './demo'
import { SHOTS, type Shot, type Who } from './shots'

const IMAGES = process.env.DAYI_IMAGES ?? join(import.meta.dirname, '../../../docs/user-guide/images')
const MARGIN = 8

type Session = Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>>
const sessions = new Map<Who, Session>()
/** Signs in with a link of its own, once. */
async function sessionOf(who: Who, browser: Browser, baseURL: string): Promise<Session> {
  const empty: Session = { cookies: [], origins: [] }
  if (!who) return empty
  const made = sessions.get(who)
  if (made) return made
  const context = await browser.newContext({ baseURL, storageState: empty })
  const account = (await people(context.request))[who]
  const { path } = await api(context.request).post<{ path: string }>(`accounts/${account}/link`)
  const page = await context.newPage()
  await page.goto(path)
  await page.getByTestId('later').click()
  await expect(page).not.toHaveURL(/sign-in/)
  const session = await context.storageState()
  await context.close()
  sessions.set(who, session)
  return session
}

/** The smallest rectangle around these, with a margin, inside the page. */
async function around(page: Page, parts: Locator[], most: number) {
  const boxes = await Promise.all(parts.map(async (part) => (await part.boundingBox())!))
  const scrolled = await page.evaluate(() => scrollY)
  const x = Math.max(0, Math.min(...boxes.map((b) => b.x)) - MARGIN)
  const y = Math.max(0, Math.min(...boxes.map((b) => b.y)) + scrolled - MARGIN)
  const right = Math.max(...boxes.map((b) => b.x + b.width)) + MARGIN
  const bottom = Math.max(...boxes.map((b) => b.y + b.height)) + scrolled + MARGIN
  const width = Math.min(right, page.viewportSize()!.width) - x
  return { x, y, width, height: Math.min(bottom - y, most) }
}

async function take(page: Page, shot: Shot, file: string): Promise<void> {
  await page.goto(shot.path)
  await shot.first?.(page)
  for (const part of shot.shows) await expect(page.locator(part).first(), `${shot.name}: ${part}`).toBeVisible()
  // What is left to wait for is figures that are being asked for, fonts, and charts, which are painted a frame later.
  await expect(page.locator('.track, [aria-busy=true]')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  const options = { path: file, animations: 'disabled', caret: 'hide', scale: 'css' } as const
  if (!shot.of) await page.screenshot(options)
  else {
    const clip = await around(page, shot.of.map((part) => page.locator(part).first()), shot.most ?? Infinity)
    await page.screenshot({ ...options, fullPage: true, clip })
  }
  await shot.then?.(page)
}

/** A page for each who and size, used again: what it has loaded once is not loaded anew for every picture. */
const pages = new Map<string, Page>()

async function pageOf({ as, width, height, ownClock }: Shot, lang: string, browser: Browser, baseURL: string): Promise<Page> {
  const key = `${as} ${width} ${height} ${ownClock}`
  const open = pages.get(key)
  if (open) return open
  const storageState = await sessionOf(as, browser, baseURL)
  const context = await browser.newContext({ baseURL, storageState, viewport: { width, height }, locale: lang, colorScheme: 'light', serviceWorkers: 'block', hasTouch: width < 600 })
  if (!ownClock) {
    // The page's clock is the server's, which does not stand at today.
    const served = await context.request.get('/healthz')
    await context.clock.install({ time: new Date(served.headers().date!) })
  }
  await context.addInitScript((locale) => localStorage.setItem('dayi.locale', locale), lang)
  const page = await context.newPage()
  page.on('pageerror', (error) => {
    throw error
  })
  pages.set(key, page)
  return page
}

for (const shot of SHOTS) {
  test(shot.name, async ({ browser, baseURL }, { project }) => {
    const lang = project.name
    const page = await pageOf(shot, lang, browser, baseURL!)
    mkdirSync(join(IMAGES, lang), { recursive: true })
    await take(page, shot, join(IMAGES, lang, `${shot.name}.png`))
  })
}
