import { describe, expect, it } from 'vitest'
import { alone, columnsOf, csvOf, gapMs, rowAt, type Bin } from '@/chart/bins'
import type { Interval } from '@/chart/intervals'
import { strip, totals } from '@/chart/strip'
import { OFF, OFFLINE, ON, STANDBY } from '@/live/protocol'

const bin = (ts: number, mean = 1): Bin => [ts, mean - 0.5, mean, mean + 0.5, 3]
const every = (step: number, n: number, from = 0) => Array.from({ length: n }, (_, k) => bin(from + k * step))
const answer = (bins: Bin[], step_ms: number, from_minutes = false) => ({ bins, step_ms, from_minutes })

describe('a gap', () => {
  it('is wider than a few bins, however short they are asked for', () => {
    expect(gapMs(answer(every(60_000, 20), 60_000))).toBe(180_000)
    expect(gapMs(answer(every(1000, 20), 1000))).toBe(30_000)
  })

  it('is measured by how often the sensor reported then', () => {
    const slow = [...every(60_000, 20), ...every(60_000, 20, 3_600_000)]
    expect(gapMs(answer(slow, 500))).toBe(180_000)
  })

  it('is not the distance of minutes, nor judged by a handful of bins', () => {
    expect(gapMs(answer([bin(0), bin(60_000)], 2000, true))).toBe(180_000)
    expect(gapMs(answer([bin(0), bin(3_600_000)], 2000))).toBe(30_000)
  })

  it('breaks all three lines, and only there', () => {
    const [times, lowest, mean, highest] = columnsOf(answer([bin(0), bin(10_000), bin(100_000, 2)], 10_000))
    expect(times).toEqual([0, 10, 10.001, 100])
    expect(lowest).toEqual([0.5, 0.5, null, 1.5])
    expect(mean).toEqual([1, 1, null, 2])
    expect(highest).toEqual([1.5, 1.5, null, 2.5])
  })

  it('leaves a lonely bin as a dot', () => {
    expect(alone([1, null, 2, null, 3, 4])).toEqual([0, 2])
    expect(alone([])).toEqual([])
  })
})

describe('the row at a time', () => {
  const columns = columnsOf(answer([bin(0), bin(10_000), bin(100_000)], 10_000))

  it('is the nearest where a line is drawn', () => {
    expect(rowAt(columns, 4, 0)).toBe(0)
    expect(rowAt(columns, 6, 0)).toBe(1)
    expect(rowAt(columns, 10, 0)).toBe(1)
  })

  it('is none in a gap and beyond the ends, but for a finger\'s width', () => {
    expect(rowAt(columns, 40, 5)).toBeNull()
    expect(rowAt(columns, 13, 5)).toBe(1)
    expect(rowAt(columns, 97, 5)).toBe(3)
    expect(rowAt(columns, -9, 5)).toBeNull()
    expect(rowAt(columns, 104, 5)).toBe(3)
    expect(rowAt([[], [], [], []], 1, 5)).toBeNull()
  })
})

describe('the file', () => {
  it('has the columns of the server\'s own, and a marker for spreadsheets', () => {
    expect(csvOf([[1_700_000_000_123, 0.98, 1.234, 6.5, 2592]])).toBe(
      '\ufeffts,ts_time,lowest_a,mean_a,highest_a,readings\n1700000000123,2023-11-14T22:13:20.123Z,0.98,1.234,6.5,2592\n',
    )
  })
})

describe('the strip', () => {
  let seq = 0
  const held = (state: Interval['state'], start: number, end: number | null): Interval => ({
    seq: seq++,
    state,
    start,
    end,
    confidence: 1,
    cause: 'model',
    model: 'm',
  })
  const range = { from: 0, to: 1000 }

  it('joins pixels of one state and leaves out what nobody knows', () => {
    const list = [held('on', 200, 500), held('off', 500, 700)]
    expect(strip(list, range, 1000, 10).map(({ x, width, state }) => [x, width, state])).toEqual([
      [2, 3, ON],
      [5, 2, OFF],
    ])
  })

  it('shows a pixel of several states by their shares, whichever came last', () => {
    const [mixed] = strip([held('on', 0, 60), held('standby', 60, 90), held('on', 90, 100)], range, 1000, 10)
    expect(mixed).toMatchObject({ x: 0, width: 1, state: null })
    expect(mixed!.shares[ON]).toBe(70)
    expect(mixed!.shares[STANDBY]).toBe(30)
  })

  it('loses no time, however many intervals fall on however few pixels', () => {
    const list: Interval[] = []
    for (let t = -37; t < 1100; t += 13) list.push(held((['on', 'off', 'standby', 'offline'] as const)[list.length % 4]!, t, t + 13))
    const sums = [0, 0, 0, 0, 0]
    for (const { state, width, shares } of strip(list, range, 2000, 7)) {
      // What is drawn as pure carries the shares of its first pixel only; there is none here.
      expect([state, width]).toEqual([null, 1])
      shares.forEach((ms, k) => (sums[k]! += ms))
    }
    totals(list, range, 2000).forEach((ms, k) => expect(sums[k]).toBeCloseTo(ms, 6))
    expect(sums.reduce((a, b) => a + b)).toBeCloseTo(1000, 6)
  })

  it('ends what lasts at the present, and is cut at the edges', () => {
    const list = [held('offline', -500, 250), held('on', 250, null)]
    expect(totals(list, range, 600)).toEqual([0, 250, 0, 0, 350])
    expect(strip(list, range, 600, 20).map(({ x, width, state }) => [x, width, state])).toEqual([
      [0, 5, OFFLINE],
      [5, 7, ON],
    ])
  })

  it('adds up to the time that has passed: what nobody recorded is unknown', () => {
    expect(totals([held('on', 100, 300)], range, 2000)).toEqual([800, 0, 0, 0, 200])
    expect(totals([held('on', 100, null)], range, 400)).toEqual([100, 0, 0, 0, 300])
    expect(totals([], { from: 500, to: 900 }, 400)).toEqual([0, 0, 0, 0, 0])
  })

  it('of nothing is nothing', () => {
    expect(strip([], range, 600, 20)).toEqual([])
    expect(strip([held('on', 0, 10)], { from: 5, to: 5 }, 600, 20)).toEqual([])
  })
})
