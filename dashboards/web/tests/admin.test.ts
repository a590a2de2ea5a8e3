import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mayAt, pagesFor, PERMISSIONS, rolesToGive, ROLES } from '@/admin/access'
import { askOf, csvOf, differences, endOf, linesOf } from '@/admin/audit'
import { browserOf } from '@/admin/browser'
import { applyWay, columnName, COLUMNS, firstFilter, mistakeText, rowsFor, unfit } from '@/admin/imports'
import { read, runsOf, spansOf, textOf, USUAL } from '@/admin/opening'
import { OPERATIONS } from '@/admin/operations'
import { afterOf, amountOf, choiceOf, isOwn, originOf, ownOf, SEVERITIES, type Choice, type Severity } from '@/admin/rules'
import { freeId, kindsUnder, matches, placeName, placesFor, rowsOf } from '@/admin/units'
import { dayEnd, dayStart, fieldOf, soon, timeOf } from '@/admin/when'
import type { AlertRule, ImportPlan, Unit, UnitKind } from '@/api/admin'

const root = join(import.meta.dirname, '..')

const unit = (path: string, kind: UnitKind, name: string): Unit => {
  const ids = path.split('/').filter(Boolean)
  const parent = ids.at(-2) ?? null
  return { id: ids.at(-1)!, kind, name, name_en: name, path, parent, instruments: 1, opening: null, views: [], version: 1 }
}
const tree = [
  unit('p/', 'province', '全省'),
  unit('p/c1/', 'city', '杭州'),
  unit('p/c1/i1/', 'institution', '大学'),
  unit('p/c1/i1/l1/', 'laboratory', '电镜室'),
  unit('p/c1/k1/', 'county', '西湖'),
  unit('p/c2/', 'city', '宁波'),
  unit('p/d1/', 'department', '海关'),
]
const ids = (open: string[], typed = '') => rowsOf(tree, new Set(open), typed).map((row) => `${row.depth}${row.unit.id}`)

describe('who may do what where', () => {
  it('is as in docs/access.md', () => {
    const lines = readFileSync(join(root, '../../docs/access.md'), 'utf8').split('\n')
    const head = lines.find((line) => line.includes('| administrator |'))!.split('|').map((cell) => cell.trim())
    for (const permission of PERMISSIONS) {
      const row = lines.find((line) => line.startsWith(`| \`${permission}\``))!.split('|').map((cell) => cell.trim())
      for (const [role, may] of Object.entries(ROLES)) expect(may.includes(permission), `${role} ${permission}`).toBe(row[head.indexOf(role)] !== '')
    }
  })

  const manager = { permissions: [...ROLES['institution-manager']!], grants: [{ role: 'institution-manager', path: 'p/c1/i1/' }] }
  const admin = { permissions: [...PERMISSIONS], grants: [{ role: 'administrator', path: '' }] }

  it('holds for a unit and what is below it', () => {
    expect(mayAt(manager, 'edit-units', 'p/c1/i1/')).toBe(true)
    expect(mayAt(manager, 'edit-units', 'p/c1/i1/l1/')).toBe(true)
    expect(mayAt(manager, 'edit-units', 'p/c1/')).toBe(false)
    expect(mayAt(manager, 'edit-units', 'p/c1/i10/')).toBe(false)
    expect(mayAt(admin, 'operate', 'p/')).toBe(true)
    expect(mayAt({ ...admin, permissions: ['view'] }, 'operate', 'p/')).toBe(false)
    expect(mayAt(null, 'view', 'p/')).toBe(false)
  })

  it('gives away only what one may do', () => {
    expect(rolesToGive(manager, 'p/c1/i1/', 'institution')).not.toContain('administrator')
    expect(rolesToGive(manager, 'p/c1/i1/', 'institution')).toContain('laboratory-manager')
    expect(rolesToGive(manager, 'p/c2/', 'city')).toEqual([])
    expect(rolesToGive(admin, 'p/d1/', 'department')).toEqual(['department-viewer'])
  })

  it('opens pages', () => {
    const of = (role: string) => pagesFor((one) => ROLES[role]!.includes(one)).map((page) => page.key)
    expect(of('researcher')).toEqual([])
    expect(of('laboratory-manager')).toEqual(['rules', 'maintenance', 'imports'])
    expect(of('administrator')).toHaveLength(7)
  })
})

describe('the tree', () => {
  it('shows what is opened, departments last', () => {
    expect(ids([])).toEqual(['0p'])
    expect(ids(['p'])).toEqual(['0p', '1c1', '1c2', '1d1'])
    expect(ids(['p', 'c1'])).toEqual(['0p', '1c1', '2i1', '2k1', '1c2', '1d1'])
    expect(ids(['c1'])).toEqual(['0p'])
  })

  it('shows what was searched for with what is above it', () => {
    expect(ids([], '电镜')).toEqual(['0p', '1c1', '2i1', '3l1'])
    expect(ids(['p'], 'nothing')).toEqual([])
    expect(matches(tree[2]!, 'I1 大')).toBe(true)
  })

  it('begins at what one sees', () => {
    const part = tree.filter((one) => one.path.startsWith('p/c1/i1/'))
    expect(rowsOf(part, new Set(['i1'])).map((row) => row.depth)).toEqual([0, 1])
  })

  it('knows what stands under what', () => {
    expect(kindsUnder('province')).toEqual(['city', 'department'])
    expect(kindsUnder('city')).toEqual(['county', 'institution'])
    expect(kindsUnder('laboratory')).toEqual([])
    expect(placesFor(tree[2]!, tree).map((one) => one.id)).toEqual(['k1', 'c2'])
    expect(placesFor(tree[0]!, tree)).toEqual([])
  })

  it('proposes ids that nobody has', () => {
    expect(freeId('laboratory', 'hangzhou-02', new Set(['hangzhou-02-l1']))).toBe('hangzhou-02-l2')
    expect(freeId('institution', 'city-hangzhou', new Set())).toBe('hangzhou-01')
    expect(freeId('department', 'province', new Set())).toBe('dept-01')
  })

  it('names laboratories with their institution', () => {
    const known = new Map(tree.map((one) => [one.id, one]))
    expect(placeName(known, 'l1', (zh) => zh)).toBe('大学 › 电镜室')
    expect(placeName(known, 'c1', (zh) => zh)).toBe('杭州')
    expect(placeName(known, 'gone', (zh) => zh)).toBe('gone')
  })
})

describe('opening hours', () => {
  it('are read as people write them', () => {
    expect(spansOf('8:30-12:00，13:30—17:30')).toEqual(['08:30-12:00', '13:30-17:30'])
    expect(spansOf('20:00 ~ 24:00')).toEqual(['20:00-24:00'])
    expect(spansOf('')).toEqual([])
    for (const wrong of ['8:30', '17:00-8:00', '8:00-9:60', '8:00-12:00 11:00-13:00', '9-17']) expect(spansOf(wrong), wrong).toBeNull()
  })

  it('come back as they were', () => {
    const opening = { ...USUAL, dates: { '2026-10-10': ['08:30-17:30'], '2026-10-01': [] } }
    const text = textOf(opening)
    expect(text.dates).toBe('2026-10-01\n2026-10-10 08:30-17:30')
    expect(read(text)).toEqual({ opening })
    expect(read({ ...text, dates: '2026-13-01' })).toEqual({ wrong: '2026-13-01' })
    expect(read({ ...text, weekly: ['closed', '', '', '', '', '', ''] })).toEqual({ wrong: 'closed' })
  })

  it('are shown in runs of days', () => {
    expect(runsOf(USUAL)).toEqual([
      [0, 4, ['08:30-17:30']],
      [5, 6, []],
    ])
  })
})

describe('thresholds', () => {
  const rule: AlertRule = {
    kind: 'standby-idle',
    holds: [
      { severity: 'notice', after: 60, from: 'unit', unit: 'p/c1/' },
      { severity: 'warning', after: 240, from: 'default', unit: null },
      { severity: 'serious', after: 'off', from: 'unit', unit: 'p/' },
      { severity: 'critical', after: 'off', from: 'default', unit: null },
    ],
    own: { notice: 60, warning: null, serious: null, critical: null },
  }

  it('say where they come from', () => {
    expect(rule.holds.map((level) => originOf(rule, level))).toEqual([
      { kind: 'here' },
      { kind: 'default' },
      { kind: 'above', unit: 'p' },
      { kind: 'default' },
    ])
    expect(isOwn(rule)).toBe(true)
    expect(isOwn({ ...rule, own: { notice: null, warning: null, serious: null, critical: null } })).toBe(false)
  })

  it('are shown and set in the largest whole unit', () => {
    expect([0, 30, 60, 90, 20_160].map(amountOf)).toEqual([
      { n: 0, unit: 'm' },
      { n: 30, unit: 'm' },
      { n: 1, unit: 'h' },
      { n: 90, unit: 'm' },
      { n: 14, unit: 'd' },
    ])
    for (const after of [null, 'off', 0, 45, 4320] as const) expect(afterOf(choiceOf(after))).toBe(after)
  })

  it('are between nothing and 366 days', () => {
    const all = (choice: Choice) => Object.fromEntries(SEVERITIES.map((one) => [one, choice])) as Record<Severity, Choice>
    expect(ownOf(all({ mode: 'after', n: 2, unit: 'h' }))).toEqual({ notice: 120, warning: 120, serious: 120, critical: 120 })
    for (const n of [-1, 367, NaN, '' as unknown as number]) expect(ownOf(all({ mode: 'after', n, unit: 'd' }))).toBeNull()
  })
})

describe('times', () => {
  it('are written in China time', () => {
    const ms = Date.UTC(2026, 0, 1, 20, 5)
    expect(fieldOf(ms)).toBe('2026-01-02T04:05')
    expect(timeOf(fieldOf(ms))).toBe(ms)
    expect(timeOf('soon')).toBeNull()
    expect(dayStart('2026-01-02')).toBe(Date.UTC(2026, 0, 1, 16))
    expect(dayEnd('2026-01-02')).toBe(Date.UTC(2026, 0, 2, 16))
    expect(dayEnd('')).toBeNull()
    expect(soon(1)).toBe(1_800_000)
  })
})

describe('the audit log', () => {
  it('is asked for as the address says', () => {
    const query = { account: 'a', operation: '', from: '2026-01-02', to: 'x', page: '3' }
    const filter = { account: 'a', operation: undefined, path: undefined, from: Date.UTC(2026, 0, 1, 16), to: undefined }
    expect(askOf(query, 50)).toEqual({ ...filter, limit: 50, offset: 100 })
    expect(csvOf(query)).toBe(`/api/v1/audit.csv?account=a&from=${filter.from}`)
    expect(csvOf({})).toBe('/api/v1/audit.csv')
  })

  it('tells what became another', () => {
    expect(differences({ a: 1, b: { c: ['x'] }, same: true }, { a: 2, b: { c: ['x', 'y'] }, same: true })).toEqual([
      { field: 'a', before: '1', after: '2' },
      { field: 'b.c.1', before: '', after: 'y' },
    ])
    expect(differences(null, { id: 'n' })).toEqual([{ field: 'id', before: '', after: 'n' }])
    expect(differences(null, null)).toEqual([])
    expect(linesOf({ name: 'x', list: [] })).toEqual([
      { field: 'name', value: 'x' },
      { field: 'list', value: '[]' },
    ])
    expect(linesOf(null)).toEqual([])
  })

  it('says how a write ended', () => {
    expect([200, 204, 403, 500, null].map(endOf)).toEqual(['done', 'done', 'refused', 'failed', 'unknown'])
  })

  it('knows every write of the API', () => {
    const api = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')) as { paths: Record<string, Record<string, { operationId?: string }>> }
    const writes = Object.values(api.paths).flatMap((path) => ['post', 'put', 'patch', 'delete'].flatMap((method) => path[method]?.operationId ?? []))
    expect([...OPERATIONS].sort()).toEqual(writes.sort())
  })
})

describe('an import', () => {
  const row = (line: number, outcome: string) => ({ line, outcome, instrument: null, changes: [], mistakes: [] })
  const plan = (more: Partial<ImportPlan>, status = 'read'): ImportPlan => ({
    import: { id: '1', created: 0, by: '', file: 'f.csv', status, applied: null, undone: null },
    added: 1,
    changed: 0,
    unchanged: 0,
    wrong: 0,
    ignored: [],
    rows: [row(2, 'added'), row(3, 'wrong')],
    ...more,
  })

  it('takes files that may be tables', () => {
    expect(unfit({ name: 'a.XLSX', size: 1 })).toBeNull()
    expect(unfit({ name: 'a.xls', size: 1 })).toBe('kind')
    expect(unfit({ name: 'a.csv', size: 0 })).toBe('empty')
    expect(unfit({ name: 'a.csv', size: 11 * 1024 * 1024 })).toBe('size')
  })

  it('opens at what is wrong', () => {
    expect(firstFilter({ wrong: 2 })).toBe('wrong')
    expect(firstFilter({ wrong: 0 })).toBe('')
    expect(rowsFor(plan({}), 'wrong').map((one) => one.line)).toEqual([3])
    expect(rowsFor(plan({}), '')).toHaveLength(2)
  })

  it('is applied whole, or without the bad rows', () => {
    expect(applyWay(plan({}))).toBe('all')
    expect(applyWay(plan({ wrong: 1 }))).toBe('skip')
    expect(applyWay(plan({ added: 0, wrong: 1 }))).toBe('nothing')
    expect(applyWay(plan({}, 'applied'))).toBe('done')
  })

  it('says what is wrong in the language of the page', () => {
    expect(mistakeText('"abc" is no number', false)).toBe('"abc" 不是数字')
    expect(mistakeText('"abc" is no number', true)).toBe('"abc" is no number')
    expect(mistakeText('something new', false)).toBe('something new')
    expect(columnName('value_yuan', false)).toBe(COLUMNS.value_yuan)
    expect(columnName('code:own', false)).toBe('code:own')
    const columns = readFileSync(join(root, '../../src/catalog/import/columns.rs'), 'utf8').matchAll(/\("([a-z_]+)", "(\p{Script=Han}+)"\)/gu)
    for (const [, name, chinese] of columns) expect(columnName(name!, false)).toBe(chinese)
  })
})

it('a browser has a short name', () => {
  expect(browserOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0')).toBe('Edge · Windows')
  expect(browserOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile Safari/604')).toBe('Safari · iOS')
  expect(browserOf('')).toBe('')
})
