import { expect, test } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { noSeriousViolations } from './axe'

const file = (text: string) => ({ name: 'fleet.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })

test('a file is looked at, written without its bad row, its tokens saved, and taken back', async ({ page }) => {
  const id = `imp-${Date.now().toString(36)}`
  await page.goto('/instruments')
  await page.locator('a[href="/instruments/import"]').click()
  await page.getByTestId('file').setInputFiles(
    file(`仪器编号,仪器名称,单位代码,额定电流,备注\n${id}-a,甲,hangzhou-02,16,x\n${id}-b,乙,hangzhou-02,很大,\n`),
  )
  await expect(page).toHaveURL(/import=/)
  const report = page.getByTestId('report')
  await expect(report).toContainText('备注')
  await expect(report.getByTestId('rows').locator('tbody tr')).toHaveCount(1)
  await expect(report).toContainText('"很大" 不是数字')
  await noSeriousViolations(page)
  expect((await page.request.get(`/api/v1/instruments/${id}-a`)).status()).toBe(404)

  // The address leads back to the report.
  await page.reload()
  await report.locator('[data-outcome=added]').click()
  await expect(report).toContainText(`${id}-a`)

  await page.getByTestId('apply').click()
  await page.getByTestId('confirm').click()
  const applied = page.getByTestId('applied')
  await expect(applied).toContainText(`${id}-a`)
  await noSeriousViolations(page)
  await page.setViewportSize({ width: 360, height: 800 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()])
  expect(readFileSync(await download.path(), 'utf8')).toContain(`${id}-a`)
  expect((await page.request.get(`/api/v1/instruments/${id}-a`)).status()).toBe(200)

  await page.getByTestId('undo').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('undone')).toContainText('删除 1 台')
  await expect(page.getByTestId('history').locator('tbody tr').first()).toContainText('已撤销')
  expect((await page.request.get(`/api/v1/instruments/${id}-a`)).status()).toBe(404)
})

test('a file that is none is not sent, and one that cannot be read says why', async ({ page }) => {
  await page.goto('/instruments/import?lang=en')
  await page.getByTestId('file').setInputFiles({ name: 'a.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') })
  await expect(page.getByRole('alert')).toContainText('.xlsx or .csv')
  await page.getByTestId('file').setInputFiles(file('foo,bar\n1,2\n'))
  await expect(page.getByRole('alert')).toContainText('no column')
  const template = await page.request.get((await page.getByTestId('template').getAttribute('href'))!)
  expect(template.status()).toBe(200)
})

test('whoever leaves without the tokens is asked', async ({ page }) => {
  const id = `imp-${Date.now().toString(36)}`
  await page.goto('/instruments/import')
  await page.getByTestId('file').setInputFiles(file(`id,name,unit,rated_current_a\n${id},甲,hangzhou-02,16\n`))
  await page.getByTestId('apply').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('applied')).toBeVisible()
  page.once('dialog', (dialog) => void dialog.dismiss())
  await page.locator('a.link[href="/fleet"]').click()
  await expect(page.getByTestId('applied')).toBeVisible()
  await page.getByTestId('undo').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('undone')).toBeVisible()
})
