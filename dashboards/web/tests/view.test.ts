import { describe, expect, it } from 'vitest'
import { timeLabels } from '@/chart/ticks'
import { DAY, daysOf, HOUR, MINUTE, queryOf, rangeOf, rangeOfDays, shifted, SPANS, viewOf, zoomIn, zoomOut, zoomTo, type Range, type View } from '@/chart/view'

/** 2026-07-01 10:00 in Shanghai. */
const NOW = Date.UTC(2026, 6, 1, 2)
const range = (view: View): Range => rangeOf(view, NOW)
const length = (view: View) => range(view).to - range(view).from

describe('a view and its address', () => {
  it.each<View>([{ span: 'live' }, { span: '7d' }, { span: '1y' }, { from: NOW - DAY, to: NOW }])('lead to each other: %j', (view) => {
    expect(viewOf(queryOf(view, {}))).toEqual(view)
  })

  it.each([
    {},
    { span: '5m' },
    { span: 'toString' },
    { from: '1' },
    { from: 'x', to: '2' },
    { from: '5', to: '5' },
    { from: '-9', to: '5' },
    { from: '1e400', to: '5' },
    { from: ['1', '2'], to: '5' },
  ])('are live where the address makes no sense: %j', (query) => {
    expect(viewOf(query)).toEqual({ span: 'live' })
  })

  it('keep the rest of the query and nothing of the view before', () => {
    expect(queryOf({ span: '7d' }, { lang: 'en', from: '1', to: '2' })).toEqual({ lang: 'en', span: '7d' })
    expect(queryOf({ from: 1, to: 2 }, { lang: 'en', span: '7d' })).toEqual({ lang: 'en', from: '1', to: '2' })
  })

  it('are of a length that can be drawn', () => {
    const view = viewOf({ from: '0', to: String(NOW) })
    expect(length(view)).toBe(2 * 365 * DAY)
    expect(range(view).to).toBe(NOW)
  })
})

describe('zooming', () => {
  const day = { from: NOW - 3 * DAY, to: NOW - 2 * DAY }

  it('shows what was marked, to whole milliseconds, a minute at least', () => {
    expect(zoomTo({ from: day.from + 0.4, to: day.from + HOUR + 0.4 }, NOW)).toEqual({ from: day.from, to: day.from + HOUR })
    expect(length(zoomTo({ from: day.from, to: day.from + 100 }, NOW))).toBe(MINUTE)
  })

  it('out and in again is where it was', () => {
    const wider = zoomOut(day, NOW) as Range
    expect(wider).toEqual({ from: day.from - DAY, to: day.to + DAY })
    expect(zoomIn(wider, NOW)).toEqual(day)
  })

  it('in keeps the time that is pointed at in its place', () => {
    const at = day.from + DAY / 4
    const { from, to } = zoomIn(day, NOW, at) as Range
    expect((at - from) / (to - from)).toBeCloseTo(0.25, 6)
  })

  it('out never goes beyond the present nor beyond what is kept', () => {
    const out = zoomOut(rangeOf({ span: '24h' }, NOW), NOW)
    expect(range(out)).toEqual({ from: NOW - 3 * DAY, to: NOW })
    expect(length(zoomOut({ from: NOW - 700 * DAY, to: NOW }, NOW))).toBe(730 * DAY)
  })

  it('steps by half a span, up to the present', () => {
    expect(shifted(day, -1, NOW)).toEqual({ from: day.from - DAY / 2, to: day.to - DAY / 2 })
    expect(shifted({ from: NOW - DAY - HOUR, to: NOW - HOUR }, 1, NOW)).toEqual({ from: NOW - DAY, to: NOW })
  })
})

describe('days', () => {
  it('are those of Shanghai, both included', () => {
    const range = rangeOfDays('2026-06-01', '2026-06-07', NOW)!
    expect(range).toEqual({ from: Date.UTC(2026, 4, 31, 16), to: Date.UTC(2026, 5, 7, 16) })
    expect(daysOf(range)).toEqual({ first: '2026-06-01', last: '2026-06-07' })
  })

  it('end with the present', () => {
    expect(rangeOfDays('2026-07-01', '2026-07-01', NOW)).toEqual({ from: NOW - 10 * HOUR, to: NOW })
  })

  it.each([
    ['2026-06-02', '2026-06-01'],
    ['2026-07-02', '2026-07-03'],
    ['', '2026-06-01'],
    ['2026-06-01', ''],
    ['1900-01-01', '2026-06-01'],
  ])('%s to %s is no range', (first, last) => {
    expect(rangeOfDays(first, last, NOW)).toBeNull()
  })
})

describe('labels of the time axis', () => {
  const hours = (from: number, n: number, step: number) => Array.from({ length: n }, (_, k) => from + k * step)

  it('name the day first and where one begins', () => {
    expect(timeLabels('en', hours(NOW + 12 * HOUR, 3, HOUR), HOUR)).toEqual(['22:00\n7/1 Wed', '23:00', '00:00\n7/2 Thu'])
  })

  it('have seconds where they differ by less than a minute', () => {
    expect(timeLabels('zh-CN', [NOW, NOW + 30_000], 30_000)).toEqual(['10:00:00\n7/1 周三', '10:00:30'])
  })

  it('are days with their names, and months', () => {
    expect(timeLabels('zh-CN', [NOW, NOW + DAY], DAY)).toEqual(['7/1\n周三', '7/2\n周四'])
    expect(timeLabels('en', [NOW], SPANS['30d'])).toEqual(['7/2026'])
  })
})
