import { describe, expect, it } from 'vitest'
import { badge, openAfter } from '@/alerts/count'
import { entriesFor } from '@/nav'
import { findUnits, placeOf, shortPlace, type Unit } from '@/tree/units'

const unit = (id: string, kind: Unit['kind'], path: string, name: string, name_en = '') => ({ id, kind, path, name, name_en, instruments: 1 }) as Unit
const all = [
  unit('province', 'province', 'province/', '全省', 'Province'),
  unit('hz', 'city', 'province/hz/', '杭州市', 'Hangzhou'),
  unit('xihu', 'county', 'province/hz/xihu/', '西湖区', 'Xihu'),
  unit('zju', 'institution', 'province/hz/xihu/zju/', '测试中心', 'Test Centre'),
  unit('em', 'laboratory', 'province/hz/xihu/zju/em/', '电镜实验室', 'EM Laboratory'),
  unit('science', 'department', 'province/science/', '科技厅', 'Science'),
]
const units = new Map(all.map((u) => [u.id, u]))
const zh = (name: string) => name

describe('places', () => {
  it('are said from the city down', () => {
    expect(placeOf('province/hz/xihu/zju/em/', units, zh)).toEqual(['杭州市', '西湖区', '测试中心', '电镜实验室'])
    expect(placeOf('province/hz/', units, (name, en) => en || name)).toEqual(['Hangzhou'])
  })

  it('are short where rows are many, and ids where no name is known', () => {
    expect(shortPlace('province/hz/xihu/zju/em/', units, zh)).toBe('测试中心 · 电镜实验室')
    expect(shortPlace('far/away/', units, zh)).toBe('far · away')
    expect(shortPlace('', units, zh)).toBe('')
  })
})

describe('units', () => {
  const ids = (words: string, most?: number) => findUnits(all, words, units, zh, most).map((f) => f.unit.id)

  it('are found by a part of a name in either language, or by id', () => {
    expect(ids('电镜')).toEqual(['em'])
    expect(ids('TEST')).toEqual(['zju'])
    expect(ids('xihu')).toEqual(['xihu'])
    expect(ids('科技')).toEqual([])
  })

  it('are those at the top where there are too many', () => {
    expect(ids('', 3)).toEqual(['province', 'hz'])
    expect(ids('')).toHaveLength(5)
  })

  it('come with what stands above them', () => {
    expect(findUnits(all, '电镜', units, zh)[0]).toMatchObject({ depth: 4, above: '杭州市 · 西湖区 · 测试中心' })
  })
})

describe('the navigation', () => {
  it('shows only what may be seen', () => {
    const paths = (...permissions: string[]) => entriesFor((p) => permissions.includes(p)).map((e) => e.to)
    expect(paths('view')).toEqual(['/', '/fleet', '/hours', '/me'])
    expect(paths('view', 'operate')).toContain('/system')
    expect(paths('view', 'view-alerts')).toContain('/alerts')
    expect(paths('view', 'subscribe')).not.toContain('/idle')
    expect(paths('view', 'subscribe')).toContain('/subscriptions')
  })

  it('counts what begins and what ends', () => {
    expect(openAfter(3, { step: 'raised', cleared: null })).toBe(4)
    expect(openAfter(3, { step: 'cleared', cleared: 1 })).toBe(2)
    expect(openAfter(0, { step: 'cleared', cleared: 1 })).toBe(0)
    expect(openAfter(3, { step: 'updated', cleared: null })).toBe(3)
    expect([999, 1000].map(badge)).toEqual(['999', '999+'])
  })
})
