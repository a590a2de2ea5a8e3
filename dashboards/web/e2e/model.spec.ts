import { expect, test, type Page } from '@playwright/test'
import { noSeriousViolations } from './axe'
import { runningInstrument } from './running'

const HOUR = 3_600_000

async function openIn(page: Page, id: string, lang: string): Promise<void> {
  await page.goto(`/instruments/${encodeURIComponent(id)}?lang=${lang}`)
  await expect(page.getByTestId('levels')).toBeVisible()
}

/** Answers in the server's place: a demo is too young for a trained model and for a finished calibration. */
async function answerWithTrained(page: Page, id: string): Promise<void> {
  const at = Date.now() - HOUR
  const level = { proposed: 'off', named: false, share: 0.3, confidence: 0.7, told_by: 'activity', from_a: 0, to_a: 2, typical_a: 0.1 }
  const score = (macro_f1: number) => ({ macro_f1, false_transitions_per_day: 1 })
  await page.route('**/api/v1/instruments/*/levels', (route) =>
    route.fulfill({
      json: {
        stage: 'calibrated',
        covered_ms: 25 * HOUR,
        needed_ms: 24 * HOUR,
        items: [
          { ...level, state: 'off' },
          { ...level, state: 'standby', proposed: 'standby' },
          { ...level, state: 'standby', proposed: 'on', named: true, from_a: 2, to_a: null, typical_a: 6, told_by: 'current' },
        ],
      },
    }),
  )
  await page.route('**/api/v1/instruments/*/models', (route) =>
    route.fulfill({
      json: {
        serving: 3,
        versions: [
          {
            version: 3,
            at,
            serving: true,
            manifest: { model: 'mlp-v1' },
            verdict: { candidate: score(0.975), incumbent: score(0.951) },
          },
        ],
        promotions: [{ number: 1, version: 3, author: 'gate', reason: 'in figures', at }],
      },
    }),
  )
  await page.route('**/api/v1/models/drifts', (route) =>
    route.fulfill({ json: { items: [{ instrument: id, model: 'mlp-v1@3', at, details: {}, proposal: 'retrain' }] } }),
  )
}

test('the instrument page says which model serves and what its calibration found, in both languages', async ({ page, request }) => {
  test.setTimeout(120_000)
  const id = await runningInstrument(request)
  const found = (await (await request.get(`/api/v1/instruments/${id}/levels`)).json()) as { stage: string; items: unknown[] }
  const words = {
    'zh-CN': { own: '自行标定', trained: '训练模型 第 3 版', drift: '重新训练', bench: '模型工作台', mark: '规则判为开机' },
    en: { own: 'Own calibration', trained: 'Trained model, version 3', drift: 'train it again', bench: 'Model workbench', mark: 'rules: On' },
  }
  for (const [lang, word] of Object.entries(words)) {
    await openIn(page, id, lang)
    const card = page.getByTestId('model')
    await expect(card.getByTestId('model-name')).toContainText(word.own)
    await expect(card.getByTestId('model-name')).toContainText('threshold-v1')
    await expect(card.getByTestId('model-confidence')).toContainText('%')
    await expect(card.getByTestId('stage')).toHaveAttribute('data-stage', found.stage)
    await expect(card.getByRole('progressbar')).toBeVisible()
    await expect(card.getByTestId('levels').locator('tbody tr')).toHaveCount(found.items.length)
    await expect(card.getByRole('link', { name: word.bench })).toHaveAttribute('href', `/instruments/${id}/models`)
    await noSeriousViolations(page)
  }

  await answerWithTrained(page, id)
  for (const [lang, word] of Object.entries(words)) {
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 })
      await openIn(page, id, lang)
      const card = page.getByTestId('model')
      await expect(card.getByTestId('model-name')).toContainText(word.trained)
      await expect(card.getByTestId('drift')).toContainText(word.drift)
      await expect(card).toContainText('0.975')
      await expect(card.getByTestId('named')).toContainText(word.mark)
      await expect(card.getByTestId('activity')).toBeVisible()
      const table = card.getByTestId('levels')
      expect(await table.evaluate((t) => t.scrollWidth - t.parentElement!.clientWidth), `${lang} ${width}`).toBeLessThanOrEqual(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      await noSeriousViolations(page)
    }
  }
})

test('a calibration that cannot be loaded says so and is tried again', async ({ page, request }) => {
  const id = await runningInstrument(request)
  await page.route('**/api/v1/instruments/*/levels', (route) => route.fulfill({ status: 503, json: { title: 'down' } }))
  await page.goto(`/instruments/${encodeURIComponent(id)}`)
  const failed = page.getByTestId('levels-error')
  await expect(failed).toBeVisible()
  await noSeriousViolations(page)
  await page.unroute('**/api/v1/instruments/*/levels')
  await failed.getByRole('button').click()
  await expect(page.getByTestId('levels')).toBeVisible()
})
