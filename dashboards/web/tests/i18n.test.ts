import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KINDS, SEVERITIES } from '@/alerts/question'
import { SPANS } from '@/chart/view'
import adminEn from '@/i18n/admin/en.json'
import adminZh from '@/i18n/admin/zh-CN.json'
import { ADMIN_PAGES, PERMISSIONS, ROLES } from '@/admin/access'
import { OUTCOMES } from '@/admin/imports'
import { OPERATIONS } from '@/admin/operations'
import { SEVERITIES as RULE_SEVERITIES } from '@/admin/rules'
import { PARENTS } from '@/admin/units'
import { DIALECTS } from '@/fleet/dialects'
import { REASONS } from '@/fleet/refusals'
import { SCHEMES } from '@/fleet/details'
import { SENSOR_PROBLEMS } from '@/fleet/sensors'
import { TAB_KEYS } from '@/fleet/tabs'
import en from '@/i18n/en.json'
import fleetEn from '@/i18n/fleet/en.json'
import fleetZh from '@/i18n/fleet/zh-CN.json'
import { durationParts, clockTime, percent } from '@/i18n/format'
import zh from '@/i18n/zh-CN.json'
import { COLUMNS, GROUP_COLUMNS, GROUPS } from '@/idle/question'
import { NAV } from '@/nav'
import { CHANNEL_KINDS, DELIVERY_STATES, LIST, STEPS } from '@/notify/draft'

type Messages = { [key: string]: string | Messages }

function flat(messages: Messages, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(messages)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) out.set(k, v)
  }
  return out
}

/** Words of the administration and of the fleet come with their pages; no key of theirs is one of the others. */
const zhFlat = flat({ ...zh, ...adminZh, ...fleetZh })
const enFlat = flat({ ...en, ...adminEn, ...fleetEn })
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

describe('messages', () => {
  it('have the same keys in both languages', () => {
    expect([...enFlat.keys()].sort()).toEqual([...zhFlat.keys()].sort())
  })

  it('are never empty, except where a language needs no word', () => {
    for (const [key, text] of [...zhFlat, ...enFlat]) if (key !== 'unit.join') expect(text.trim(), key).not.toBe('')
  })

  it('take the same parameters in both languages', () => {
    for (const [key, text] of zhFlat) expect(parameters(enFlat.get(key)!), key).toEqual(parameters(text))
  })

  it('hold no character that the message compiler would read as syntax', () => {
    for (const [key, text] of [...zhFlat, ...enFlat]) expect(text, key).not.toMatch(/[@|]/)
  })

  it('are there for every key that the sources use', () => {
    const src = join(import.meta.dirname, '..', 'src')
    const used = new Set<string>()
    for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(vue|ts)$/.test(file)) continue
      const text = readFileSync(join(src, file), 'utf8')
      for (const m of text.matchAll(/\bt\('([\w.-]+)'/g)) used.add(m[1]!)
    }
    expect(used.size).toBeGreaterThan(50)
    expect([...used].filter((key) => !zhFlat.has(key))).toEqual([])
  })
})

describe('words that the server chooses', () => {
  it.each([
    ['state', ['on', 'standby', 'off', 'offline', 'unknown']],
    ['calibration.stage', ['waiting', 'calibrating', 'calibrated']],
    ['calibration.stageText', ['waiting', 'calibrating', 'calibrated']],
    ['model.sure', ['certain', 'fairly', 'unsure']],
    ['span', Object.keys(SPANS)],
    ['alertKind', KINDS],
    ['severity', SEVERITIES],
    ['alerts.step', ['raised', 'updated', 'acknowledged', 'silenced', 'unsilenced', 'cleared']],
    ['nav', NAV.map((entry) => entry.word)],
    ['idle.column', [...COLUMNS, ...GROUP_COLUMNS]],
    ['idle.by', GROUPS],
    ['notify.kind', [...CHANNEL_KINDS, LIST]],
    ['notify.outcome', ['delivered', 'later', 'refused', 'gone']],
    ['notify.deliveryIs', DELIVERY_STATES],
    ['notify.step', STEPS],
    ['notify.wrong', ['name', 'nothing', 'range', 'at']],
    ['role', Object.keys(ROLES)],
    ['roleText', Object.keys(ROLES)],
    ['permission', [...PERMISSIONS]],
    ['operation', [...OPERATIONS]],
    ['admin.page', ADMIN_PAGES.map((page) => page.key)],
    ['imports.outcome', [...OUTCOMES]],
    ['imports.is', ['read', 'applied', 'undone']],
    ['imports.unfit', ['kind', 'size', 'empty']],
    ['alertSeverity', [...RULE_SEVERITIES]],
    ['maintenance', ['now', 'coming', 'over']],
    ['audit.ended', ['done', 'refused', 'failed', 'unknown']],
    ['units.kind', Object.keys(PARENTS)],
    ['fleet.tab', [...TAB_KEYS]],
    ['details.scheme', [...SCHEMES]],
    ['details.wrong', ['name', 'unit', 'rated', 'value', 'opening', 'scheme', 'contact']],
    ['sensors.problem', [...SENSOR_PROBLEMS]],
    ['sensors.means', [...SENSOR_PROBLEMS]],
    ['sensors.do', [...SENSOR_PROBLEMS]],
    ['bindings.dialectIs', [...DIALECTS]],
    ['bindings.prefixHint', [...DIALECTS]],
    ['bindings.outcome', ['wrong', 'created', 'changed', 'unchanged']],
    ['refusals.reason', [...REASONS]],
    ['refusals.do', [...REASONS]],
    ['idleAct', ['silenced', 'maintained']],
    ['model', ['own', 'trained', 'other', 'none']],
  ])('%s', (prefix, words) => {
    expect(words.filter((word) => !zhFlat.has(`${prefix}.${word}`))).toEqual([])
  })
})

describe('formats', () => {
  it('show Asia/Shanghai whatever the zone of the screen', () => {
    expect(clockTime('zh-CN', Date.UTC(2026, 0, 1, 20, 5, 6))).toBe('04:05:06')
    expect(clockTime('en', Date.UTC(2026, 0, 1, 16, 0, 0))).toBe('00:00:00')
  })

  it('show the two largest units of a duration', () => {
    const text = (ms: number) => durationParts(ms).map((p) => `${p.n}${p.unit}`).join(' ')
    expect(text(-5)).toBe('0s')
    expect(text(59_999)).toBe('59s')
    expect(text(61_000)).toBe('1m 1s')
    expect(text(3_600_000)).toBe('1h')
    expect(text(90_061_000)).toBe('1d 1h')
  })

  it('keep one digit of a share', () => {
    expect(percent('en', 0.4215)).toBe('42.2%')
  })
})
