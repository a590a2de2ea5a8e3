import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KINDS, SEVERITIES } from '@/alerts/question'
import { SPANS } from '@/chart/view'
import { ADMIN_PAGES, PERMISSIONS, ROLES } from '@/admin/access'
import { OUTCOMES } from '@/admin/imports'
import { OPERATIONS } from '@/admin/operations'
import { SEVERITIES as RULE_SEVERITIES } from '@/admin/rules'
import { PARENTS } from '@/admin/units'
import { SPANS as HOURS_SPANS } from '@/hours/days'
import { COLUMNS as HOURS_COLUMNS, GROUPS as HOURS_GROUPS } from '@/hours/question'
import { DIALECTS } from '@/fleet/dialects'
import { REASONS } from '@/fleet/refusals'
import { SCHEMES } from '@/fleet/details'
import { SENSOR_PROBLEMS } from '@/fleet/sensors'
import { TAB_KEYS } from '@/fleet/tabs'
import { durationParts, clockTime, percent } from '@/i18n/format'
import { COLUMNS, GROUP_COLUMNS, GROUPS } from '@/idle/question'
import { FIGURES, OBJECTIONS } from '@/model/compare'
import { FEATURES } from '@/model/drift'
import { NEEDS, TABS } from '@/model/fleet'
import { LOG_KEYS } from '@/model/joblog'
import { BRUSHES, LEVELS } from '@/model/strokes'
import { NAV } from '@/nav'
import { CHANNEL_KINDS, DELIVERY_STATES, LIST, STEPS } from '@/notify/draft'
import { CHECKS, PARTS } from '@/system/checks'

type Messages = { [key: string]: string | Messages }

function flat(messages: Messages, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(messages)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) out.set(k, v)
  }
  return out
}

const SRC = join(import.meta.dirname, '..', 'src')
/** The words of all pages, and of each area's those that come with its pages alone (src/i18n/AREA). */
const AREAS = ['', ...readdirSync(join(SRC, 'i18n'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)]
const wordsOf = (area: string, locale: string) => flat(JSON.parse(readFileSync(join(SRC, 'i18n', area, `${locale}.json`), 'utf8')) as Messages)
const all = (locale: string) => new Map(AREAS.flatMap((area) => [...wordsOf(area, locale)]))
const zhFlat = all('zh-CN')
const enFlat = all('en')
/** The first arguments of all calls of `t`, `te` and `$t`, and the keys of `keypath`. */
function keyArguments(text: string): string[] {
  const out: string[] = []
  for (const m of text.matchAll(/(?<![\w.])\$?te?\(/g)) {
    let depth = 0
    let end = m.index + m[0].length
    for (; end < text.length; end++) {
      const c = text[end]!
      if (depth === 0 && (c === ',' || c === ')')) break
      if ('([{'.includes(c)) depth++
      else if (')]}'.includes(c)) depth--
    }
    out.push(text.slice(m.index + m[0].length, end))
  }
  return [...out, ...[...text.matchAll(/\skeypath="([\w.-]+)"/g)].map((m) => `'${m[1]}'`)]
}

/** The keys written in an expression; what is filled in may be anything. Words without a dot are what keys are chosen by. */
function keysIn(expression: string): RegExp[] {
  const literals = [...expression.matchAll(/'([\w-]+(?:\.[\w-]+)+)'|`([^`]*\.[^`]*)`/g)]
  return literals.map((m) => {
    const parts = (m[1] ?? m[2]!).split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'))
    return new RegExp(`^${parts.join('.+')}$`)
  })
}

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

  it('have no key in two files', () => {
    const keys = AREAS.flatMap((area) => [...wordsOf(area, 'en').keys()])
    expect(keys.filter((key, k) => keys.indexOf(key) !== k)).toEqual([])
  })

  it('are there for every key that the sources use, as far as it stands there', () => {
    const missing: string[] = []
    let used = 0
    for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(vue|ts)$/.test(file) || file.endsWith('schema.ts')) continue
      for (const argument of keyArguments(readFileSync(join(SRC, file), 'utf8'))) {
        for (const key of keysIn(argument)) {
          used++
          if (![...zhFlat.keys()].some((known) => key.test(known))) missing.push(`${file}: ${argument}`)
        }
      }
    }
    expect(used).toBeGreaterThan(400)
    expect(missing).toEqual([])
  })

  it('are found in whatever way a key is written', () => {
    const found = (text: string) => keyArguments(text).flatMap(keysIn).map((key) => key.source)
    expect(found("t('a.b') + t(on ? 'c.d' : 'e.f', { n: g('x.y') })")).toEqual(['^a\\.b$', '^c\\.d$', '^e\\.f$'])
    expect(found('te(`a.${kind}`) && t(`b.${k(1, 2)}.c`)')).toEqual(['^a\\..+$', '^b\\..+\\.c$'])
    expect(found("<i18n-t keypath=\"a.b\"> $t('c.d') export(x, 'no.key') t(key)")).toEqual(['^c\\.d$', '^a\\.b$'])
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
    ['hours.span', [...HOURS_SPANS, 'custom']],
    ['hours.column', [...HOURS_COLUMNS, 'period']],
    ['hours.by', [...HOURS_GROUPS]],
    ['hours.per', ['day', 'week', 'month']],
    ['system.part', [...PARTS]],
    ['system.level', ['good', 'warn', 'bad', 'plain']],
    ['system.whole', ['good', 'warn', 'bad']],
    ['system.of', ['actors', 'history', 'influx', 'journal', 'records', 'live', 'mqtt-alerts']],
    ['system.check', CHECKS.flatMap((key) => [`${key}.name`, `${key}.about`])],
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
    ['models.need', NEEDS],
    ['models.needDo', NEEDS],
    ['models.tab', TABS],
    ['models.step', ['levels', 'labels', 'train', 'compare', 'deploy']],
    ['models.brush', BRUSHES.filter((brush) => !(LEVELS as readonly string[]).includes(brush))],
    ['models.brushHint', ['look', 'state', 'agree', 'erase']],
    ['models.worth', ['none', 'little', 'thin', 'well']],
    ['models.jobIs', ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']],
    ['models.jobOf', ['all', 'stale']],
    ['models.log', LOG_KEYS],
    ['models.drift', ['feature', 'unsure', 'untaught']],
    ['models.feature', Object.values(FEATURES)],
    ['models.figure', FIGURES.map(({ key }) => key)],
    ['models.objection', OBJECTIONS],
    ['models.better', ['yes', 'no', 'same']],
    ['models.deploy', ['own', 'back', 'promote']],
    ['models.deployText', ['own', 'back', 'promote']],
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
