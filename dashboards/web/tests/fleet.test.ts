import { describe, expect, it } from 'vitest'
import type { Me } from '@/api/client'
import { clashes, detailsOf, draftOf, EMPTY, patched, patchOf, readDraft } from '@/fleet/details'
import { commandOf, DIALECTS, guessOf, LOOKS, messageOf, quoted } from '@/fleet/dialects'
import { listQuery, listQuestion, used } from '@/fleet/question'
import { byCount, hexRows, mendedBy, visible } from '@/fleet/refusals'
import { fleetTabs, wholeProvince } from '@/fleet/tabs'

const me = (role: string, path: string) => ({ permissions: ['view', 'manage-sensors'], grants: [{ role, unit: 'x', path }] }) as unknown as Me

describe('the tabs of the fleet', () => {
  it('show sensors to who looks after some, and strangers to who looks after all', () => {
    const keys = (who: Me | null) => fleetTabs(who).map((tab) => tab.key)
    expect(keys(null)).toEqual(['list'])
    expect(keys(me('operator', 'province/city-hangzhou/'))).toEqual(['list', 'sensors', 'bindings', 'clients', 'refusals'])
    expect(keys(me('administrator', 'province/'))).toContain('strangers')
    expect(wholeProvince(me('department-viewer', 'province/'))).toBe(false)
  })
})

describe('the address of the list', () => {
  it('holds every filter, also those of older addresses', () => {
    const q = listQuestion({ q: 'sem', state: 'on', city: '杭州市', retired: 'yes', page: '2', class: ['010102', 'x'] })
    expect(used(q)).toBe(5)
    expect(listQuery(q, 50)).toMatchObject({ q: 'sem', state: 'on', city: '杭州市', retired: true, class: '010102', offset: 50, code: undefined })
  })
})

describe('dialects', () => {
  it('know their sensors again by the topic of their own message', () => {
    for (const dialect of DIALECTS) {
      // Of any one topic nobody knows that it is SenML, and Sparkplug is binary.
      if (dialect === 'senml' || dialect === 'sparkplug') continue
      const prefix = LOOKS[dialect].prefix || 'sem-3'
      expect(guessOf(messageOf(dialect, prefix, '')!.topic), dialect).toEqual({ dialect, prefix })
    }
    expect(guessOf('spBv1.0/lab/DDATA/node-1/meter')).toEqual({ dialect: 'sparkplug', prefix: 'lab/node-1/meter' })
    expect(guessOf('/product/gateway/child/meter/properties/report')).toEqual({ dialect: 'jetlinks', prefix: 'product/gateway/child/meter' })
    expect(guessOf('any/thing')).toBeNull()
    expect(guessOf(null)).toBeNull()
  })

  it('send the channel that is bound', () => {
    expect(messageOf('tasmota', 'plug', '1')!.payload).toBe('{"ENERGY":{"Power":[0,276],"Voltage":230,"Current":[0,1.2]}}')
    expect(messageOf('shelly', 'em', 'em:0/b')).toEqual({ topic: 'em/status/em:0', payload: '{"id":0,"b_voltage":230,"b_current":1.2}' })
    expect(messageOf('aliyun', 'k/n', 'Ia@mA')!.payload).toContain('"Ia":{"value":1.2}')
    expect(messageOf('huawei', 'd', 'Meter/Ia')!.payload).toBe('{"services":[{"service_id":"Meter","properties":{"Ia":1.2}}]}')
  })

  it('are tried with a command that a shell takes as it is meant', () => {
    const at = { host: 'dayi.example.org', client: "it's", token: 't' }
    expect(quoted("it's")).toBe("'it'\\''s'")
    expect(commandOf('onenet', 'X/m', '', at)).toContain(`-i 'it'\\''s' -u dayi -P 't' -q 1 -t '$sys/X/m/thing/property/post'`)
    expect(commandOf('thingsboard', '', '', at)).toContain("-p 1883 -u 't' -q 1")
    expect(commandOf('sparkplug', 'g/n', '', at)).toBeNull()
  })
})

describe('what was refused', () => {
  it('is mended where that can be done', () => {
    expect(['unknown-client', 'bad-credentials', 'no-binding', 'unreadable', 'out-of-range'].map(mendedBy)).toEqual(['client', 'token', 'bind', 'rebind', null])
    expect(byCount({ a: 1, c: 5, b: 5 }).map((one) => one.reason)).toEqual(['b', 'c', 'a'])
  })

  it('is shown so that nothing in it is hidden or does anything', () => {
    expect(visible('a\u202eb\u0007\n{"x":1}')).toBe('a\\u202eb\\u0007\n{"x":1}')
    expect(hexRows('48690aff')).toBe(`0000  48 69 0a ff${' '.repeat(36)}  Hi··`)
    expect(hexRows('00'.repeat(17)).split('\n')).toHaveLength(2)
  })
})

describe('the details of an instrument', () => {
  const details = { ...EMPTY, name: '电镜', unit: 'lab', codes: { dayi: '4K7P92QXM', asset: 'A1' }, value_yuan: 5, opening: { weekly: [[], [], [], [], [], [], []], dates: { '2026-10-01': [], '2026-10-02': [] } } }

  it('come back from the form as they went in', () => {
    const read = readDraft(draftOf(details), '4K7P92QXM')
    expect(read).toEqual({ details })
    expect(detailsOf({ ...details, unit: { id: 'lab' } } as never)).toEqual(details)
  })

  it('say what is wrong', () => {
    const wrong = (change: object) => {
      const read = readDraft({ ...draftOf(details), ...change })
      return 'wrong' in read ? read.wrong.field : null
    }
    expect(wrong({ name: ' ' })).toBe('name')
    expect(wrong({ unit: '' })).toBe('unit')
    expect(wrong({ rated: '0' })).toBe('rated')
    expect(wrong({ value: '1.5' })).toBe('value')
    expect(wrong({ value: '2,350,000', rated: '7.5' })).toBeNull()
    expect(wrong({ codes: [{ scheme: 'X', code: '1' }] })).toBe('scheme')
    expect(wrong({ codes: [{ scheme: 'a', code: '1' }, { scheme: 'a', code: '2' }] })).toBe('scheme')
    expect(wrong({ contacts: [{ name: '', phone: '1' }] })).toBe('contact')
    expect(wrong({ contacts: [{ name: ' ', phone: '' }] })).toBeNull()
    expect(wrong({ own: true, hours: { weekly: ['x'], dates: '' } })).toBe('opening')
  })

  it('change by a patch of what is another alone, deep down, too', () => {
    const after = { ...details, value_yuan: null, codes: { dayi: '4K7P92QXM' }, opening: { ...details.opening, dates: { '2026-10-01': [] } } }
    const patch = patchOf({ ...details }, { ...after })
    expect(patch).toEqual({ value_yuan: null, codes: { asset: null }, opening: { dates: { '2026-10-02': null } } })
    expect(patchOf({ ...details }, { ...details })).toEqual({})
    expect({ ...EMPTY, ...patched({ ...details }, patch) }).toEqual(after)
  })

  it('are put on top of what somebody else changed', () => {
    const mine = patchOf({ room: '1', maker: 'a', building: 'x' }, { room: '2', maker: 'a', building: 'y' })
    const theirs = patchOf({ room: '1', maker: 'a', building: 'x' }, { room: '3', maker: 'b', building: 'x' })
    expect(patched({ room: '3', maker: 'b', building: 'x' }, mine)).toEqual({ room: '2', maker: 'b', building: 'y' })
    expect(clashes(mine, theirs)).toEqual(['room'])
  })
})
