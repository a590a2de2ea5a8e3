import { describe, expect, it } from 'vitest'
import { allCityCounts, cityCounts, institutionCounts, share, sumCounts } from '@/live/aggregate'
import { Fleet } from '@/live/fleet'
import { STATES } from '@/live/protocol'
import { change, INSTITUTIONS, recount, row } from './fakes'

function fleet(n = 30): Fleet {
  const f = new Fleet()
  f.replace(INSTITUTIONS, Array.from({ length: n }, (_, i) => row(i, i % 3, i % 5)))
  return f
}

describe('aggregates', () => {
  it('count by institution, city and province', () => {
    const f = fleet()
    expect(institutionCounts(f, 0).total).toBe(10)
    // Two of the three institutions are in Hangzhou.
    expect(cityCounts(f, f.cityIndexOf('杭州市')).total).toBe(20)
    expect(sumCounts(allCityCounts(f))).toEqual({ total: 30, by: recount(f) })
  })

  it('follow any sequence of changes', () => {
    const f = fleet()
    let seed = 1
    for (let k = 0; k < 2000; k++) {
      seed = (seed * 48271) % 2147483647
      f.applyState(change(seed % 30, STATES[(seed >> 5) % 5]!, k + 2))
    }
    expect(sumCounts(allCityCounts(f))).toEqual({ total: 30, by: recount(f) })
    expect(f.changes).toBe(2000)
  })

  it('follow instruments that leave, move and are renamed', () => {
    const f = fleet()
    let resets = 0
    f.listen({ reset: () => resets++ })
    for (const n of [3, 4, 5, 29]) f.applyLeft(`i-${n}`)
    f.applyLeft('nobody')
    // One comes back at once, one stands elsewhere now, under another name.
    f.applyRow({ kind: 'row', institution: INSTITUTIONS[0]!, instrument: row(3, 0, 4) })
    const moved = row(7, 2, 1)
    moved[1] = '新'
    f.applyRow({ kind: 'row', institution: INSTITUTIONS[2]!, instrument: moved })
    expect(f.indexOf('i-4')).toBe(-1)
    f.settle()
    f.settle()
    expect(resets).toBe(1)
    expect(f.size).toBe(27)
    expect(f.names[f.indexOf('i-7')]).toBe('新')
    expect(f.members[f.institution[f.indexOf('i-7')]!]).toContain(f.indexOf('i-7'))
    expect(sumCounts(allCityCounts(f))).toEqual({ total: 27, by: recount(f) })
    expect(f.applyState(change(4, 'on'))).toBe(false)
  })

  it('follow additions past the first reservation', () => {
    const f = fleet(0)
    for (let i = 0; i < 100; i++) {
      f.applyRow({ kind: 'row', institution: INSTITUTIONS[i % 3]!, instrument: row(i, i % 3, i % 5) })
    }
    expect(sumCounts(allCityCounts(f))).toEqual({ total: 100, by: recount(f) })
    expect(f.members.flat()).toHaveLength(100)
  })

  it('start anew with a snapshot', () => {
    const f = fleet()
    f.replace(INSTITUTIONS.slice(0, 1), [row(0, 0, 4)])
    expect(sumCounts(allCityCounts(f))).toEqual({ total: 1, by: [0, 0, 0, 0, 1] })
  })

  it('call nothing of nothing zero', () => {
    expect(share(0, 0)).toBe(0)
    expect(share(1, 4)).toBe(0.25)
  })
})
