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

  it('follow additions past the first reservation', () => {
    const f = fleet(0)
    for (let i = 0; i < 100; i++) {
      f.applyAdded({ kind: 'added', institution: INSTITUTIONS[i % 3]!, instrument: row(i, i % 3, i % 5) })
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
