import { describe, expect, it } from 'vitest'
import type { AlertStep } from '@/api/alerts'
import { byKind, bySeverity, countQuery, csvAddress, fieldOf, listQuery, questionOf, saidOf, silenceEnd, toggled } from '@/alerts/question'

describe('the address of the alerts', () => {
  it('asks for the open ones, the most severe first, where nothing is said', () => {
    const q = questionOf({})
    expect(q).toMatchObject({ all: false, kinds: [], severity: '', sort: 'severe', page: 1, alert: '' })
    expect(JSON.parse(JSON.stringify(listQuery(q, 50)))).toEqual({ sort: 'severe', limit: 50, offset: 0 })
  })

  it('passes over what does not belong there', () => {
    expect(questionOf({ all: '1', severity: 'bad', acknowledged: 'maybe', sort: 'x', page: '0', kind: 'a&b' })).toEqual(questionOf({}))
  })

  it('holds every filter', () => {
    const q = questionOf({ all: 'yes', kind: 'offline,unused', severity: 'warning', unit: 'city-hangzhou', acknowledged: 'no', silenced: 'yes', page: '2' })
    expect(listQuery(q, 50)).toMatchObject({ all: true, kind: 'offline,unused', severity: 'warning', unit: 'city-hangzhou', acknowledged: false, silenced: true, offset: 50 })
    expect(csvAddress(q)).toBe('/api/v1/alerts.csv?all=true&unit=city-hangzhou&acknowledged=false&silenced=true&kind=offline%2Cunused&severity=warning&sort=severe')
  })

  it('counts over all kinds and severities, since the counts choose them', () => {
    const q = countQuery(questionOf({ kind: 'offline', severity: 'serious', unit: 'zju' }))
    expect(JSON.parse(JSON.stringify(q))).toEqual({ unit: 'zju', limit: 1 })
  })
})

describe('counts', () => {
  const counts = [
    { kind: 'offline', severity: 'notice', count: 2 },
    { kind: 'offline', severity: 'warning', count: 3 },
    { kind: 'unused', severity: 'warning', count: 9 },
  ]
  it('are summed by severity and by kind, and what is asked for stays to be switched off', () => {
    expect(bySeverity(counts, 'warning')).toBe(12)
    expect(bySeverity(counts, 'critical')).toBe(0)
    expect(byKind(counts, ['clock-skew'])).toEqual([
      { kind: 'unused', count: 9 },
      { kind: 'offline', count: 5 },
      { kind: 'clock-skew', count: 0 },
    ])
    expect(toggled(['a', 'b'], 'a')).toEqual(['b'])
    expect(toggled(['b'], 'a')).toEqual(['b', 'a'])
  })
})

describe('silences', () => {
  const now = Date.UTC(2026, 10, 30, 1, 0)
  it('end at a time of where the instruments stand', () => {
    expect(fieldOf(now)).toBe('2026-11-30T09:00')
    expect(silenceEnd('2026-11-30T10:30', now)).toBe(Date.UTC(2026, 10, 30, 2, 30))
  })

  it('end after now, and within 366 days', () => {
    expect(silenceEnd('2026-11-30T09:00', now)).toBeNull()
    expect(silenceEnd('2028-01-01T00:00', now)).toBeNull()
    expect(silenceEnd('', now)).toBeNull()
  })
})

describe('steps', () => {
  const step = (word: string) =>
    ({ step: word, acknowledged: { by: 'Li', at: 1, note: '在修' }, silenced: { by: 'Wang', at: 2, until: 9, reason: '等配件' } }) as AlertStep
  it('say who did them, and only their own words', () => {
    expect(saidOf(step('acknowledged'))).toEqual({ by: 'Li', text: '在修', until: null })
    expect(saidOf(step('silenced'))).toEqual({ by: 'Wang', text: '等配件', until: 9 })
    expect(saidOf(step('cleared'))).toEqual({ by: '', text: '', until: null })
  })
})
