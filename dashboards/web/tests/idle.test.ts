import { describe, expect, it } from 'vitest'
import type { IdleGroup } from '@/api/idle'
import { csvAddress, daysFit, firstOrder, hourDigits, lastDays, listQuery, questionOf, sortGroups } from '@/idle/question'

describe('the address of the idle board', () => {
  it('asks for who is on standby now, the longest first, where nothing is said', () => {
    const q = questionOf({})
    expect(q).toMatchObject({ now: 'standby', sort: 'standby_for_ms', order: 'desc', by: '', page: 1, least: 0 })
    expect(listQuery(q, 50, false)).toEqual({
      from: undefined,
      to: undefined,
      unit: undefined,
      class: undefined,
      idle: 'standby',
      least_minutes: undefined,
      sort: 'standby_for_ms',
      order: 'desc',
      limit: 50,
      offset: 0,
    })
  })

  it('passes over what does not belong there', () => {
    expect(questionOf({ idle: 'x', by: 'moon', sort: 'drop', order: 'up', page: '-3', least: 'x', from: '2026-13-45', to: 'now' })).toEqual(questionOf({}))
  })

  it('knows the columns of groups and of instruments apart', () => {
    expect(questionOf({ by: 'city', sort: 'standby_now' }).sort).toBe('standby_now')
    expect(questionOf({ by: 'city', sort: 'current_a' }).sort).toBe('standby_ms')
    expect(questionOf({ sort: 'standby_now' }).sort).toBe('standby_for_ms')
  })

  it('sorts by the name that is shown, and pages', () => {
    const q = questionOf({ sort: 'name', page: '3', idle: 'all', least: '30' })
    expect(listQuery(q, 50, true)).toMatchObject({ sort: 'name_en', order: 'asc', offset: 100, idle: undefined, least_minutes: 30 })
  })

  it('has a file with the same filters and without pages', () => {
    const address = csvAddress(questionOf({ unit: 'city-hangzhou', sort: 'kwh', page: '2', by: '' }))
    expect(address).toBe('/api/v1/idle.csv?unit=city-hangzhou&idle=standby&sort=kwh&order=desc')
    expect(csvAddress(questionOf({ by: 'city', sort: 'standby_now' }))).toContain('sort=standby_ms')
  })
})

describe('days', () => {
  it('are those of where the instruments stand', () => {
    // 2026-11-30 00:30 in China is still the day before in UTC.
    const now = Date.UTC(2026, 10, 29, 16, 30)
    expect(lastDays(1, now)).toEqual({ from: '2026-11-30', to: '2026-11-30' })
    expect(lastDays(7, now)).toEqual({ from: '2026-11-24', to: '2026-11-30' })
  })

  it('are at least one and at most a leap year', () => {
    expect(daysFit('2026-11-30', '2026-11-30')).toBe(true)
    expect(daysFit('2026-11-30', '2026-11-29')).toBe(false)
    expect(daysFit('2025-11-30', '2026-11-30')).toBe(true)
    expect(daysFit('2025-11-29', '2026-11-30')).toBe(false)
    expect(daysFit('', '2026-11-30')).toBe(false)
  })
})

describe('groups', () => {
  const group = (name: string, standby_ms: number, idle_rate: number | null) => ({ id: name, name, name_en: name, standby_ms, idle_rate }) as IdleGroup
  const groups = [group('b', 1, null), group('a', 3, 0.5), group('c', 2, 0.2)]
  const names = (column: 'group' | 'standby_ms' | 'idle_rate', order: 'asc' | 'desc') =>
    sortGroups(groups, column, order, (g) => g.name, 'en').map((g) => g.name)

  it('are sorted by any column, and what has no value comes last either way', () => {
    expect(names('group', 'asc')).toEqual(['a', 'b', 'c'])
    expect(names('standby_ms', 'desc')).toEqual(['a', 'c', 'b'])
    expect(names('idle_rate', 'desc')).toEqual(['a', 'c', 'b'])
    expect(names('idle_rate', 'asc')).toEqual(['c', 'a', 'b'])
  })

  it('begin with the largest figure, or the first name', () => {
    expect(firstOrder('kwh')).toBe('desc')
    expect(firstOrder('group')).toBe('asc')
  })
})

describe('hours', () => {
  it('have the digits that say something', () => {
    expect([36_000, 5_400_000, 720_000_000].map(hourDigits)).toEqual([2, 1, 0])
  })
})
