import { describe, expect, it } from 'vitest'
import { intervalAt, merged, withChange, type Interval } from '@/chart/intervals'
import { Readings } from '@/chart/readings'
import { change } from './fakes'

const interval = (seq: number, state: Interval['state'], start: number, end: number | null): Interval => ({
  seq,
  state,
  start,
  end,
  confidence: 0.9,
  cause: 'model',
  model: 'threshold-v1',
})

describe('intervals', () => {
  const list = [interval(0, 'off', 0, 1000), interval(1, 'on', 1000, null)]

  it('end where a live change begins', () => {
    const next = withChange(list, change(0, 'standby', 2))
    expect(next.map((i) => [i.state, i.start, i.end])).toEqual([
      ['off', 0, 1000],
      ['on', 1000, 2000],
      ['standby', 2000, null],
    ])
    expect(list[1]!.end).toBeNull()
  })

  it('ignore a change that is already there', () => {
    expect(withChange(list, change(0, 'on', 1))).toEqual(list)
  })

  it('merge history fetched late with what came live meanwhile', () => {
    const live = withChange(list, change(0, 'standby', 2))
    expect(merged(list, live)).toEqual(live)
    expect(merged(live, [])).toEqual(live)
  })

  it('are half-open', () => {
    expect(intervalAt(list, 999)?.state).toBe('off')
    expect(intervalAt(list, 1000)?.state).toBe('on')
    expect(intervalAt(list, -1)).toBeNull()
  })
})

describe('readings', () => {
  it('stay in order and drop doubles', () => {
    const r = new Readings()
    r.add([[3000, 3], [1000, 1]])
    r.add([[2000, 2], [3000, 9]])
    expect(r.columns()).toEqual([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]])
    expect(r.last).toBe(3)
    expect(r.lastAt).toBe(3000)
  })

  it('show a pause as a gap', () => {
    const r = new Readings()
    r.add([[0, 1], [60_000, 2]])
    expect(r.columns()[1]).toEqual([1, null, 2])
  })

  it('keep zero ampere as a value and refuse what is no number', () => {
    const r = new Readings()
    r.add([[1000, 0], [2000, NaN]])
    expect(r.columns()).toEqual([[1], [0], [0], [0]])
  })

  it('forget what is too old', () => {
    const r = new Readings()
    r.add([[0, 1], [3_600_000, 2]])
    expect(r.columns()).toEqual([[3600], [2], [2], [2]])
  })
})
