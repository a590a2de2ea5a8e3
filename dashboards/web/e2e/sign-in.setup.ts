import { test as setup } from '@playwright/test'

/** Signs in once with the demo's link (`DAYI_LINK`), which opens once; every test starts from there. */
setup('sign in', async ({ page }) => {
  const link = new URL(process.env.DAYI_LINK ?? '')
  await page.goto(link.pathname + link.hash)
  await page.getByTestId('later').click()
  await page.getByTestId('wall').waitFor()
  await page.context().storageState({ path: 'test-results/signed-in.json' })
})
