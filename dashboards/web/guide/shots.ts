import type { Page } from '@playwright/test'

/** Who looks: an account of the guide's demo, or nobody. */
export type Who = 'admin' | 'manager' | 'wall' | null

export interface Shot {
  /** The picture is `images/{language}/{name}.png`. */
  name: string
  as: Who
  path: string
  width: number
  height: number
  /** What has to be there: without it the guide would tell of something that is gone. */
  shows: readonly string[]
  /** The picture is of the smallest rectangle around these; of all of the screen where nothing is said. */
  of?: readonly string[]
  /** No more than this of its height: the head of something long. */
  most?: number
  /** Charts that are not drawn while the page's clock is set: it keeps the machine's. */
  ownClock?: boolean
  /** What is done before. */
  first?: (page: Page) => Promise<unknown>
  /** What is done after, so that the next picture finds everything as this one did. */
  then?: (page: Page) => Promise<unknown>
}

/** The institution that the guide looks at: of those of this small province it has the most instruments. */
export const UNIT = 'shaoxing-11'
/** One of its instruments, which works and rests. */
export const INSTRUMENT = 'i00061'

const DESK = { width: 1440, height: 900 }
const PHONE = { width: 360, height: 740 }
const id = (name: string) => `[data-testid="${name}"]`
/** The chart, when there is something in it. */
const CHART = `${id('chart')}:not([data-rows="0"])`
/** 08:30 to 11:00 of the Monday that the guide's demo lives through, China time. */
const MORNING = `from=${Date.UTC(2026, 5, 15, 0, 30)}&to=${Date.UTC(2026, 5, 15, 3)}`
const click = (selector: string) => (page: Page) => page.locator(selector).first().click()

/** Every picture of the guide, in its order. */
export const SHOTS: readonly Shot[] = [
  { name: 'sign-in', as: null, path: '/sign-in', width: 1440, height: 700, shows: ['input[name=login]'], of: ['.card'] },

  // The wall
  { name: 'wall', as: 'wall', path: '/', width: 1920, height: 1080, shows: [id('wall'), '.ticker .line'] },
  { name: 'wall-tools', as: 'wall', path: '/', width: 1920, height: 1080, shows: [id('table')], of: ['.head .top'], first: (page) => page.locator(id('table')).focus() },
  { name: 'wall-table', as: 'wall', path: '/?view=table', ...DESK, shows: [id('wall-table')], of: [id('wall-table')], most: 420, first: click(`${id('wall-table')} button[aria-expanded]`) },

  // Instruments
  { name: 'instruments', as: 'manager', path: '/fleet', ...DESK, shows: [id('search'), `${id('list')} tbody tr`], of: ['.bar', '.page'], most: 520 },
  { name: 'instrument', as: 'manager', path: `/instruments/${INSTRUMENT}?${MORNING}`, ...DESK, height: 1000, shows: [id('state'), CHART] },
  { name: 'history', as: 'manager', path: `/instruments/${INSTRUMENT}?${MORNING}`, ...DESK, height: 1200, shows: [`${id('history')}[data-status=ready]`, CHART, id('totals')], of: [id('history')] },
  { name: 'intervals', as: 'manager', path: `/instruments/${INSTRUMENT}?${MORNING}`, ...DESK, shows: [`${id('intervals')} tbody tr`], of: [id('intervals')], most: 260 },

  // Idle
  { name: 'idle', as: 'manager', path: '/idle', ...DESK, shows: [id('figures'), `${id('idle')} tbody tr`], of: ['.bar', '.page'], most: 640 },
  { name: 'idle-groups', as: 'admin', path: '/idle?by=city&idle=all', ...DESK, shows: [id('idle-groups')], of: [id('idle-groups')] },
  { name: 'idle-act', as: 'manager', path: '/idle', ...DESK, shows: [id('acts')], of: ['dialog'], first: click(`${id('idle')} ${id('act')}`) },
  { name: 'idle-remind', as: 'manager', path: '/idle', ...DESK, shows: [id('text')], of: ['dialog'], first: (page) => remind(page) },

  // Alerts
  { name: 'alerts', as: 'manager', path: '/alerts', ...DESK, shows: [id('counts'), `${id('alerts')} tbody tr`], of: ['.bar', '.page'], most: 560 },
  { name: 'alert', as: 'manager', path: '/alerts', ...DESK, shows: [id('steps')], of: ['dialog'], first: click(`${id('alerts')} button.link`) },
  { name: 'silence', as: 'manager', path: '/alerts', ...DESK, shows: [id('words')], of: ['dialog'], first: click(`${id('alerts')} tbody .act button:last-child`) },

  // Notifications
  { name: 'channel', as: 'manager', path: '/subscriptions?tab=channels', ...DESK, shows: ['[name=name]'], of: ['dialog'], first: (page) => newChannel(page) },
  { name: 'subscription', as: 'manager', path: '/subscriptions', ...DESK, height: 1100, shows: [id('subscription-form')], of: ['dialog'], first: (page) => newSubscription(page) },
  { name: 'subscriptions', as: 'manager', path: '/subscriptions', ...DESK, shows: [`${id('subscriptions')} li`], of: ['.page'], most: 290 },

  // Hours
  { name: 'hours', as: 'manager', path: '/hours?from=2026-06-15&to=2026-06-15', ...DESK, height: 1100, shows: [id('figures'), id('print'), 'main svg text'], ownClock: true },
  { name: 'hours-ranking', as: 'admin', path: '/hours?from=2026-06-15&to=2026-06-15', ...DESK, shows: [`${id('hours')} tbody tr`], of: [id('hours')] },

  // Instruments and sensors come in
  { name: 'instrument-new', as: 'manager', path: '/fleet/new', ...DESK, height: 1000, shows: [id('instrument-form')], of: ['.page'], most: 760 },
  { name: 'import', as: 'manager', path: '/instruments/import', ...DESK, shows: [id('template')], of: ['.page'], most: 250 },
  { name: 'import-report', as: 'manager', path: '/instruments/import', ...DESK, shows: [id('apply'), `${id('rows')} tbody tr`], of: ['.plan'], first: (page) => sendFile(page) },
  { name: 'sensors', as: 'manager', path: '/fleet/sensors', ...DESK, shows: [`${id('sensors')}`], of: ['.page'], most: 620 },
  { name: 'refusals', as: 'manager', path: '/fleet/refusals', ...DESK, shows: [`${id('refusals')}`], of: ['.page'], most: 620 },
  { name: 'bindings', as: 'manager', path: '/fleet/bindings', ...DESK, shows: [id('binding-form')], of: ['dialog'], first: click(id('add')) },

  // Models
  { name: 'model-card', as: 'manager', path: `/instruments/${INSTRUMENT}`, ...DESK, shows: [id('levels')], of: [id('model')] },
  { name: 'levels', as: 'manager', path: `/instruments/${INSTRUMENT}/models?${MORNING}`, ...DESK, height: 1400, shows: [id('levels-part'), CHART], of: ['.page'], most: 1160 },
  { name: 'labels', as: 'manager', path: `/instruments/${INSTRUMENT}/models?tab=labels&${MORNING}`, ...DESK, height: 1200, shows: [id('amount'), CHART], of: ['.page'], most: 900 },
  { name: 'models', as: 'manager', path: '/models', ...DESK, shows: [`${id('models')} tbody tr`], of: ['.page'], most: 620 },

  // Administration
  { name: 'units', as: 'manager', path: `/admin/units?unit=${UNIT}`, ...DESK, shows: [id('tree'), id('edit')], of: ['.page'], most: 520 },
  { name: 'opening', as: 'manager', path: `/admin/units?unit=${UNIT}`, ...DESK, height: 1100, shows: [id('unit-form')], of: ['dialog'], first: (page) => openingForm(page) },
  { name: 'accounts', as: 'manager', path: '/admin/accounts', ...DESK, shows: [`${id('accounts')} tbody tr`], of: ['.page'], most: 420 },
  { name: 'account', as: 'manager', path: '/admin/accounts', ...DESK, shows: [id('account-form')], of: ['dialog'], first: (page) => newAccount(page) },
  { name: 'rules', as: 'manager', path: `/admin/rules?unit=${UNIT}`, ...DESK, shows: [`${id('rules')} ${id('set')}`], of: ['.page'], most: 620 },
  { name: 'rule', as: 'manager', path: `/admin/rules?unit=${UNIT}`, ...DESK, shows: [id('rule-form')], of: ['dialog'], first: click(id('set')) },
  { name: 'maintenance', as: 'manager', path: `/admin/maintenance?new=1&unit=${UNIT}`, ...DESK, shows: [id('maintenance-form')], of: ['dialog'] },
  { name: 'audit', as: 'admin', path: '/admin/audit', ...DESK, shows: [`${id('audit')} tbody tr`], of: ['.page'], most: 520 },
  { name: 'system', as: 'admin', path: '/system', ...DESK, height: 1000, shows: [id('whole')], of: ['.page'], most: 700, first: systemAtEase },
  { name: 'me', as: 'manager', path: '/me', ...DESK, shows: [id('sessions')], of: ['.page'] },
  { name: 'dark', as: 'manager', path: '/idle', ...DESK, shows: [`${id('idle')} tbody tr`], of: ['.bar', '.page'], most: 640, first: turn, then: turn },

  // On a phone
  { name: 'menu-phone', as: 'manager', path: '/fleet', ...PHONE, shows: ['.links.open'], first: openMenu },
  { name: 'idle-phone', as: 'manager', path: '/idle', ...PHONE, shows: [`${id('idle')} tbody tr`] },
  { name: 'alerts-phone', as: 'manager', path: '/alerts', ...PHONE, shows: [`${id('alerts')} tbody tr`] },
  { name: 'instrument-phone', as: 'manager', path: `/instruments/${INSTRUMENT}`, ...PHONE, shows: [id('state')] },
]

const english = async (page: Page) => (await page.locator('html').getAttribute('lang')) === 'en'

async function newChannel(page: Page): Promise<void> {
  await page.locator(id('add-channel')).click()
  await page.locator('dialog select').first().selectOption('dingtalk')
  await page.locator('dialog [name=name]').fill((await english(page)) ? 'People on duty' : '值班群')
}

async function newSubscription(page: Page): Promise<void> {
  await page.locator(id('add-subscription')).click()
  const form = page.locator(id('subscription-form'))
  await form.locator('[name=name]').fill((await english(page)) ? 'Idle or offline' : '闲置和离线')
  await form.locator('[name=least]').selectOption('warning')
  await form.locator(id('add-quiet')).click()
}

async function remind(page: Page): Promise<void> {
  await page.locator(`${id('idle')} ${id('act')}`).first().click()
  await page.locator(id('remind')).click()
}

/** Once the page is there: the menu closes when one arrives. */
async function openMenu(page: Page): Promise<void> {
  await page.locator(`${id('list')} tbody tr`).first().waitFor()
  await page.locator(id('menu')).click()
}

/** From light to dark, or back. */
async function turn(page: Page): Promise<void> {
  await page.locator(id('theme')).click()
}

/** Rates take two answers. The clock of a process's start is the machine's, not the demo's: it is said to be the morning's. */
async function systemAtEase(page: Page): Promise<void> {
  await page.route('**/api/v1/system', async (route) => {
    const response = await route.fetch()
    return route.fulfill({ response, json: { ...((await response.json()) as object), started_at: Date.UTC(2026, 5, 15, 0, 30) } })
  })
  for (let n = 0; n < 2; n++) await page.waitForResponse('**/api/v1/system')
}

async function sendFile(page: Page): Promise<void> {
  const rows = `仪器编号,仪器名称,单位代码,额定电流,资产编号
sem-7,场发射扫描电镜,${UNIT},16,20190812S
xrd-2,X射线衍射仪,${UNIT},很大,20200102T
icp-1,等离子体质谱仪,${UNIT},20,20210305K
`
  await page.locator(id('file')).setInputFiles({ name: '新购仪器.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
}

async function openingForm(page: Page): Promise<void> {
  await page.locator(id('edit')).click()
  const own = page.locator(`${id('unit-form')} input[type=checkbox]`)
  if (!(await own.isChecked())) await own.check()
}

async function newAccount(page: Page): Promise<void> {
  await page.locator(id('add')).click()
  await page.locator('dialog [name=name]').fill('王丽')
  await page.locator('dialog [name=login]').fill('wang.li')
}
