import { describe, expect, it } from 'vitest'
import type { Channel, Subscription } from '@/api/notify'
import { addresses, channelDraft, described, newChannel, newSubscription, subscriptionDraft, typeKeys, wrongIn } from '@/notify/draft'
import { eventLines } from '@/notify/events'

const channel = (kind: string, address: string) => ({ id: 'c', name: '值班', kind, address, unit: null }) as Channel

describe('a channel', () => {
  it('sends only what its kind has', () => {
    const draft = { ...channelDraft(null), name: ' 值班 ', url: 'https://example.org/hook ' }
    expect(newChannel(draft)).toEqual({ name: '值班', unit: null, target: { kind: 'webhook', url: 'https://example.org/hook', secret: null } })
    expect(newChannel({ ...draft, kind: 'email', to: 'a@b.c，d@e.f' }).target).toEqual({ kind: 'email', to: ['a@b.c', 'd@e.f'] })
    expect(newChannel({ ...draft, kind: 'wecom', token: 'k', secret: 's' }).target).toEqual({ kind: 'wecom', key: 'k' })
    expect(newChannel({ ...draft, kind: 'dingtalk', token: 't', secret: 's' }).target).toEqual({ kind: 'dingtalk', token: 't', secret: 's' })
  })

  it('keeps the secrets that there are when it is changed', () => {
    const draft = channelDraft(channel('feishu', '…abcd'))
    expect(draft).toMatchObject({ kind: 'feishu', token: '', secret: '', url: '' })
    expect(newChannel(draft).target).toEqual({ kind: 'feishu', token: null, secret: null })
  })

  it('reads addresses however they are separated', () => {
    expect(addresses(' a@b.c; d@e.f,\ng@h.i ')).toEqual(['a@b.c', 'd@e.f', 'g@h.i'])
    expect(addresses(' ')).toEqual([])
  })
})

describe('a subscription', () => {
  const given = {
    id: 's',
    channel: 'c',
    settings: {
      name: '告警',
      enabled: true,
      language: 'zh',
      filter: { unit: 'zju', class: null, instruments: ['i1', 'i2'], kinds: ['offline'], least: 'warning', alerts: ['raised'], states: ['on'] },
      digest: { every: 'day', at: '09:00' },
      quiet: { ranges: [{ from: '22:00', to: '07:00' }], passes: 'serious' },
    },
  } as Subscription

  it('is the same after it was read and written', () => {
    expect(newSubscription(subscriptionDraft(given, 'en'))).toEqual({ channel: 'c', settings: given.settings })
  })

  it('begins on the list of the page, in the language of the page, at once', () => {
    expect(subscriptionDraft(null, 'en')).toMatchObject({ channel: 'websocket', language: 'en', digest: '', ranges: [], alerts: ['raised', 'updated', 'cleared'] })
    expect(newSubscription({ ...subscriptionDraft(null, 'zh'), name: 'x' }).settings).toMatchObject({ digest: null, quiet: null })
  })

  it('says what is missing', () => {
    const draft = subscriptionDraft(given, 'zh')
    expect(wrongIn(draft)).toBeNull()
    expect(wrongIn({ ...draft, name: ' ' })).toBe('name')
    expect(wrongIn({ ...draft, alerts: [], states: [] })).toBe('nothing')
    expect(wrongIn({ ...draft, ranges: [{ from: '', to: '07:00' }] })).toBe('range')
    expect(wrongIn({ ...draft, at: '' })).toBe('at')
  })

  it('is told in a line', () => {
    const say = (key: string, named?: Record<string, unknown>) => `${key}${named ? JSON.stringify(named) : ''}`
    const line = described(given.settings, say, (id) => `<${id}>`, (code) => code).join(' ')
    for (const part of ['severity.warning', 'alertKind.offline', 'state.on', '<zju>', '"n":2', '09:00', '22:00–07:00']) expect(line).toContain(part)
    expect(described({ name: 'x' }, say, String, String)).toContain('notify.atOnce')
  })
})

describe('events', () => {
  it('are named by what they are about', () => {
    expect(typeKeys('alert.raised')).toEqual(['notify.type.alert', 'alerts.step.raised'])
    expect(typeKeys('state.changed')).toEqual(['notify.type.state'])
    expect(typeKeys('digest')).toEqual(['notify.type.digest'])
  })

  it('are as many lines as a digest has', () => {
    const alert = { type: 'alert.raised', data: { instrument: { id: 'i1', name: '镜', name_en: 'SEM' }, alert: { kind: 'offline', severity: 'notice' } } }
    expect(eventLines({ number: 4, at: 1, event: alert })).toMatchObject([{ key: '4-0', kind: 'offline', severity: 'notice', instrument: { id: 'i1' } }])
    expect(eventLines({ number: 5, at: 1, event: { type: 'digest', data: { events: [alert, { type: 'state.changed', data: { to: 'on' } }] } } })).toMatchObject([{ kind: 'offline' }, { to: 'on', instrument: null }])
  })
})
