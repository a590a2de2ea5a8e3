import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { runningInstrument } from './running'
import { Wire } from './wire'

const AWAY_MS = 30_000
const CODES = ['unknown', 'offline', 'off', 'standby', 'on']

type Row = [id: string, state: number, seq: number]

async function ofServer(request: APIRequestContext): Promise<Row[]> {
  const rows: Row[] = []
  for (let offset = 0; ; offset += 500) {
    const response = await request.get('/api/v1/instruments', { params: { limit: 500, offset } })
    const { items, total } = (await response.json()) as { items: { id: string; state: { state: string; seq: number } }[]; total: number }
    rows.push(...items.map(({ id, state }): Row => [id, CODES.indexOf(state.state), state.seq]))
    if (rows.length >= total) return rows.sort()
  }
}

/** What the page holds and how many changes it took to get there, of one moment. */
const ofPage = (page: Page) => page.evaluate(() => ({ rows: window.__dayi!.rows().sort(), changes: window.__dayi!.changes }))
const sumOf = (rows: Row[]) => rows.reduce((sum, [, , seq]) => sum + seq, 0)

async function chart(page: Page): Promise<{ rows: number; until: number }> {
  const { rows, until } = await page.getByTestId('chart').evaluate((e) => ({ rows: e.dataset.rows, until: e.dataset.until }))
  return { rows: Number(rows), until: Number(until) }
}

test('half a minute without a network is said, and leaves no hole and nothing twice', async ({ context, request, baseURL }) => {
  test.setTimeout(240_000)
  const wire = new Wire(new URL(baseURL!))
  const url = await wire.start()
  try {
    const id = await runningInstrument(request)
    const wall = await context.newPage()
    await wall.goto(`${url}/`)
    await expect(wall.getByTestId('connection')).toHaveAttribute('data-status', 'live')
    const one = await context.newPage()
    await one.goto(`${url}/instruments/${encodeURIComponent(id)}`)
    await expect(one.getByTestId('connection')).toHaveAttribute('data-status', 'live')
    await expect.poll(async () => (await chart(one)).rows).toBeGreaterThan(0)
    await expect(one.getByTestId('away')).toBeHidden()

    const before = await ofPage(wall)
    const shown = await chart(one)
    const pulled = Date.now()
    wire.pull()
    for (const page of [wall, one]) {
      await expect(page.getByTestId('away')).toHaveAttribute('data-kind', 'lost', { timeout: 30_000 })
      await expect(page.getByTestId('away').getByRole('alert')).toHaveText(/^连接中断于 \d\d:\d\d:\d\d，正在重连/)
    }
    const lasting = await wall.locator('.lasting').textContent()
    await expect(wall.locator('.lasting')).not.toHaveText(lasting!)
    // The fleet goes on meanwhile, and the page cannot know.
    await expect
      .poll(async () => Date.now() - pulled > AWAY_MS && sumOf(await ofServer(request)) > sumOf(before.rows), { timeout: 90_000, intervals: [1000] })
      .toBe(true)
    wire.plug()

    for (const page of [wall, one]) {
      await expect(page.getByTestId('away')).toHaveAttribute('data-kind', 'back', { timeout: 60_000 })
      await expect(page.getByTestId('away')).toHaveText(/^\d\d:\d\d:\d\d–\d\d:\d\d:\d\d 本页曾断开，期间的变化已全部补上/)
      await expect(page.getByTestId('connection')).toHaveAttribute('title', /期间曾断开/)
    }
    await one.getByRole('button', { name: '知道了' }).click()
    await expect(one.getByTestId('away')).toBeHidden()

    // The same states as at the server, and each change of the time away was applied, each once.
    const different = async () => {
      const [server, { rows }] = [await ofServer(request), await ofPage(wall)]
      return server.filter(([id, state, seq], k) => rows[k]?.join() !== [id, state, seq].join())
    }
    await expect.poll(different, { timeout: 30_000 }).toEqual([])
    const after = await ofPage(wall)
    expect(sumOf(after.rows) - sumOf(before.rows)).toBe(after.changes - before.changes)
    expect(after.changes).toBeGreaterThan(before.changes)
    const lines = await wall.locator('[data-change]').evaluateAll((all) => all.map((line) => (line as HTMLElement).dataset.change))
    expect(new Set(lines).size).toBe(lines.length)
    await expect(wall.locator('.ticker .gap')).toHaveText(/本页曾断开/)

    // Each reading that the server took after the last one before, once.
    const holes = async () => {
      const response = await request.get(`/api/v1/instruments/${encodeURIComponent(id)}/recent`)
      const { items } = (await response.json()) as { items: [number, number][] }
      const now = await chart(one)
      const expected = items.filter(([ts]) => ts / 1000 > shown.until && ts / 1000 <= now.until).length
      return { away: now.until > shown.until + AWAY_MS / 1000, holes: shown.rows + expected - now.rows }
    }
    await expect.poll(holes, { timeout: 30_000 }).toEqual({ away: true, holes: 0 })
  } finally {
    await wire.stop()
  }
})
