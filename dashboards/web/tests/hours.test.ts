import { describe, expect, it } from 'vitest'
import type { HoursRow } from '@/api/hours'
import { rankOption, trendOption, type ChartText } from '@/hours/charts'
import { dayOf, daysBefore, daysBetween, daysFit, daysOf, isDay, offeredPeriods, usualPeriod } from '@/hours/days'
import { changesOf, figuresOf, isRecorded, passed, perDay } from '@/hours/figures'
import { csvAddress, groupBelow, questionOf, scopeQuery, sortRows, unitOfGroup } from '@/hours/question'
import type { Unit } from '@/tree/units'

const H = 3_600_000

function row(id: string, on: number, more: Partial<HoursRow> = {}): HoursRow {
  const hours = { on_ms: on * H, effective_ms: on * H, standby_ms: 0, off_ms: (24 - on) * H, offline_ms: 0, unknown_ms: 0 }
  return { id, name: id, name_en: null, start: '2026-11-01', end: '2026-11-01', instruments: 1, coverage: 1, idle_rate: null, ...hours, ...more }
}

describe('spans', () => {
  it('are of the days where the instruments stand', () => {
    expect(dayOf(Date.UTC(2026, 10, 29, 16, 30))).toBe('2026-11-30')
    expect(daysOf('30d', '2026-11-30')).toEqual({ from: '2026-11-01', to: '2026-11-30' })
    expect(daysOf('this-month', '2026-11-05')).toEqual({ from: '2026-11-01', to: '2026-11-05' })
    expect(daysOf('last-month', '2026-01-05')).toEqual({ from: '2025-12-01', to: '2025-12-31' })
    expect(daysOf('last-month', '2024-03-31')).toEqual({ from: '2024-02-01', to: '2024-02-29' })
    expect(daysOf('this-year', '2026-11-30')).toEqual({ from: '2026-01-01', to: '2026-11-30' })
    expect(daysOf('last-year', '2026-11-30')).toEqual({ from: '2025-01-01', to: '2025-12-31' })
  })

  it('are compared with what is like them', () => {
    const before = (span: Parameters<typeof daysBefore>[0], from: string, to: string) => daysBefore(span, { from, to })
    expect(before('this-month', '2026-03-01', '2026-03-30')).toEqual({ from: '2026-02-01', to: '2026-02-28' })
    expect(before('last-month', '2026-11-01', '2026-11-30')).toEqual({ from: '2026-10-01', to: '2026-10-31' })
    expect(before('this-year', '2024-01-01', '2024-02-29')).toEqual({ from: '2023-01-01', to: '2023-02-28' })
    expect(before('last-year', '2025-01-01', '2025-12-31')).toEqual({ from: '2024-01-01', to: '2024-12-31' })
    expect(before('30d', '2026-11-01', '2026-11-30')).toEqual({ from: '2026-10-02', to: '2026-10-31' })
    expect(before('custom', '2026-11-05', '2026-11-05')).toEqual({ from: '2026-11-04', to: '2026-11-04' })
  })

  it('are real days and not too many', () => {
    expect(['2026-02-29', '2026-13-01', '2026-1-1', ''].filter(isDay)).toEqual([])
    expect(daysBetween({ from: '2026-11-01', to: '2026-11-30' })).toBe(30)
    expect(daysFit({ from: '2016-11-23', to: '2026-11-30' })).toBe(true)
    expect(daysFit({ from: '2016-11-22', to: '2026-11-30' })).toBe(false)
    expect(daysFit({ from: '2026-11-02', to: '2026-11-01' })).toBe(false)
  })

  it('are divided so that bars can be told apart', () => {
    const year = { from: '2026-01-01', to: '2026-12-31' }
    expect(usualPeriod({ from: '2026-11-01', to: '2026-11-30' })).toBe('day')
    expect(usualPeriod({ from: '2026-06-01', to: '2026-11-30' })).toBe('week')
    expect(usualPeriod(year)).toBe('month')
    expect(offeredPeriods(year)).toEqual(['week', 'month'])
    expect(offeredPeriods({ from: '2026-11-30', to: '2026-11-30' })).toEqual(['month'])
    expect(offeredPeriods({ from: '2017-01-01', to: '2026-11-30' })).toEqual(['month'])
  })
})

describe('the address of the hours', () => {
  const today = '2026-11-30'

  it('asks for the last 30 days of everything where nothing is said', () => {
    expect(questionOf({}, today)).toEqual({ span: '30d', days: { from: '2026-11-01', to: today }, unit: '', class: '', by: '', per: 'day', sort: 'mean', order: 'desc', page: 1 })
  })

  it('passes over what does not belong there', () => {
    expect(questionOf({ span: 'ever', from: '2026-02-30', to: today, by: 'moon', per: 'second', sort: 'drop', order: 'up', page: '-1' }, today)).toEqual(questionOf({}, today))
    expect(questionOf({ span: 'last-year', per: 'day' }, today).per).toBe('month')
  })

  it('takes chosen days before the name of a span', () => {
    expect(questionOf({ span: 'last-year', from: '2026-11-02', to: '2026-11-08' }, today)).toMatchObject({ span: 'custom', days: { from: '2026-11-02', to: '2026-11-08' } })
  })

  it('has a file with the same filters', () => {
    const q = questionOf({ unit: 'city-hangzhou', class: '010101', span: 'last-month' }, today)
    expect(scopeQuery(q)).toEqual({ from: '2026-10-01', to: '2026-10-31', unit: 'city-hangzhou', class: '010101' })
    expect(csvAddress(q, 'institution', 'total')).toBe('/api/v1/hours.csv?from=2026-10-01&to=2026-10-31&unit=city-hangzhou&class=010101&by=institution&per=total')
  })
})

describe('the way down the tree', () => {
  const unit = (path: string, kind: Unit['kind'], instruments = 1) => ({ id: path.split('/').at(-2), path, kind, name: `名${path.split('/').at(-2)}`, instruments }) as Unit
  const all = [
    unit('p/', 'province'),
    unit('p/a/', 'city'),
    unit('p/a/x/', 'county'),
    unit('p/a/y/', 'county'),
    unit('p/a/x/i/', 'institution'),
    unit('p/a/y/j/', 'institution'),
    unit('p/a/x/i/l/', 'laboratory'),
    unit('p/a/x/i/m/', 'laboratory'),
    unit('p/b/', 'city'),
    unit('p/b/z/', 'county'),
    unit('p/b/k/', 'institution'),
    unit('p/b/z/n/', 'institution'),
  ]

  it('goes from city to county, institution, laboratory and instrument', () => {
    expect(groupBelow('', all)).toBe('city')
    expect(groupBelow('a', all)).toBe('county')
    expect(groupBelow('i', all)).toBe('laboratory')
    expect(groupBelow('l', all)).toBe('instrument')
    expect(groupBelow('', [])).toBe('instrument')
  })

  it('passes over counties that do not hold everything, and what there is only one of', () => {
    expect(groupBelow('b', all)).toBe('institution')
    expect(groupBelow('x', all)).toBe('laboratory')
    // Units above what one sees have no instruments: whoever manages an institution begins with its laboratories.
    expect(groupBelow('', [unit('p/', 'province', 0), unit('p/a/', 'city', 0), ...all.filter((one) => one.path.startsWith('p/a/x/i/'))])).toBe('laboratory')
  })

  it('knows a city by its name, and nothing of what is no unit', () => {
    expect(unitOfGroup('city', '名a', all)).toBe('a')
    expect(unitOfGroup('institution', 'i', all)).toBe('i')
    expect(unitOfGroup('institution', 'a', all)).toBe('')
    expect(unitOfGroup('class', 'i', all)).toBe('')
    expect(unitOfGroup('county', '', all)).toBe('')
  })
})

describe('figures', () => {
  it('are hours of an instrument a day', () => {
    const both = row('two', 0, { instruments: 2, on_ms: 12 * H, effective_ms: 18 * H, standby_ms: 12 * H, off_ms: 24 * H, idle_rate: 0.5 })
    expect(passed(both)).toBe(48 * H)
    expect(figuresOf(both)).toEqual({ instruments: 2, effective: 18 * H, mean: 9, shares: [0.25, 0.25, 0.5, 0, 0], idle: 0.5, coverage: 1 })
    expect(perDay(0, 0)).toBeNull()
  })

  it('are compared only where something was recorded, and totals only once the span is over', () => {
    const nothing = row('none', 0, { off_ms: 0, unknown_ms: 24 * H, coverage: 0 })
    expect(isRecorded(nothing)).toBe(false)
    expect(changesOf(row('a', 6), nothing, true)).toBeNull()
    expect(changesOf(row('a', 6), null, true)).toBeNull()
    expect(changesOf(row('a', 6), row('a', 4), true)).toMatchObject({ effective: 0.5, mean: 2, idle: null, coverage: 0, alike: true })
    expect(changesOf(row('a', 6), row('a', 4), false)).toMatchObject({ effective: null, mean: 2 })
    expect(changesOf(row('a', 6), row('a', 4, { coverage: 0.5 }), true)?.alike).toBe(false)
  })
})

describe('the ranking', () => {
  const rows = [row('b', 6), row('a', 6), row('c', 1), row('none', 0, { off_ms: 0, unknown_ms: 0, coverage: null })]
  const ids = (column: Parameters<typeof sortRows>[1], order: 'asc' | 'desc') => sortRows(rows, column, order, (one) => one.name, 'en').map((one) => one.id)

  it('is by any column, what is alike by its name, and what has no value last', () => {
    expect(ids('mean', 'desc')).toEqual(['a', 'b', 'c', 'none'])
    expect(ids('mean', 'asc')).toEqual(['c', 'a', 'b', 'none'])
    expect(ids('group', 'desc')).toEqual(['none', 'c', 'b', 'a'])
    expect(ids('coverage', 'asc').at(-1)).toBe('none')
  })
})

describe('charts', () => {
  const text: ChartText = { states: ['on', 'standby', 'off', 'offline', 'unknown'], effective: 'eff', coverage: 'cov', hours: (n) => `${n} h`, share: (n) => String(n) }
  const series = (option: unknown) => (option as { series: { name: string; data: unknown[]; itemStyle: { color: string; decal?: object } }[] }).series

  it('draw nothing effective where nothing is known, and colour no state without a pattern of its own', () => {
    const all = series(trendOption([row('a', 6), row('b', 0, { off_ms: 0, unknown_ms: 24 * H, coverage: 0 })], (one) => one.id, text))
    expect(all.find((one) => one.name === 'eff')?.data).toEqual([6, null])
    expect(all.find((one) => one.name === 'unknown')?.data).toEqual([0, 24])
    const stacked = all.slice(0, 5)
    expect(stacked.every((one) => /^var\(--\w+\)$/.test(one.itemStyle.color))).toBe(true)
    expect(new Set(stacked.map((one) => JSON.stringify(one.itemStyle.decal))).size).toBe(5)
  })

  it('name groups as they are called, also with signs that markup knows', () => {
    const option = rankOption([row('a', 6)], () => 'A<b> & "C"', text, true) as { tooltip: { formatter: (items: unknown) => string }; yAxis: { data: string[] } }
    expect(option.yAxis.data).toEqual(['A<b> & "C"'])
    const tip = option.tooltip.formatter([{ dataIndex: 0 }])
    expect(tip).toContain('A&#60;b&#62; &#38; &#34;C&#34;')
    expect(tip).toContain('6 h')
  })
})
