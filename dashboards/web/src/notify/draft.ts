import type { Channel, ChannelTarget, NewChannel, NewSubscription, Settings, Subscription } from '@/api/notify'
import { SEVERITIES } from '@/alerts/question'

export const CHANNEL_KINDS = ['webhook', 'email', 'dingtalk', 'wecom', 'feishu'] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** The channel that everybody has: the list that the page shows. */
export const LIST = 'websocket'
export const STEPS = ['raised', 'updated', 'unsilenced', 'cleared'] as const
export const STATES_TOLD = ['on', 'standby', 'off', 'offline'] as const
export const MOST_RANGES = 8

export interface ChannelDraft {
  kind: ChannelKind
  name: string
  /** Webhook. */
  url: string
  /** Mail, separated by commas or blanks. */
  to: string
  /** A robot's token, key or address; empty keeps the one there is. */
  token: string
  /** A robot's secret; empty keeps the one there is. */
  secret: string
  unit: string
}

export function channelDraft(channel: Channel | null): ChannelDraft {
  const empty: ChannelDraft = { kind: 'webhook', name: '', url: '', to: '', token: '', secret: '', unit: '' }
  if (!channel) return empty
  const kind = CHANNEL_KINDS.find((k) => k === channel.kind) ?? 'webhook'
  return {
    ...empty,
    kind,
    name: channel.name,
    url: kind === 'webhook' ? channel.address : '',
    to: kind === 'email' ? channel.address : '',
    unit: channel.unit ?? '',
  }
}

export function addresses(text: string): string[] {
  return text.split(/[\s,;，；、]+/).filter(Boolean)
}

function targetOf(d: ChannelDraft): ChannelTarget {
  const token = d.token.trim() || null
  const secret = d.secret.trim() || null
  switch (d.kind) {
    case 'webhook':
      return { kind: 'webhook', url: d.url.trim(), secret }
    case 'email':
      return { kind: 'email', to: addresses(d.to) }
    case 'dingtalk':
      return { kind: 'dingtalk', token, secret }
    case 'wecom':
      return { kind: 'wecom', key: token }
    case 'feishu':
      return { kind: 'feishu', token, secret }
  }
}

export function newChannel(d: ChannelDraft): NewChannel {
  return { name: d.name.trim(), target: targetOf(d), unit: d.unit || null }
}

export interface SubscriptionDraft {
  channel: string
  name: string
  enabled: boolean
  language: 'zh' | 'en'
  unit: string
  class: string
  instruments: string
  kinds: string[]
  least: string
  alerts: string[]
  states: string[]
  digest: '' | 'hour' | 'day'
  at: string
  ranges: { from: string; to: string }[]
  passes: string
}

export function subscriptionDraft(given: Subscription | null, language: 'zh' | 'en'): SubscriptionDraft {
  const settings = given?.settings
  const filter = settings?.filter
  const digest = settings?.digest
  return {
    channel: given?.channel ?? LIST,
    name: settings?.name ?? '',
    enabled: settings?.enabled ?? true,
    language: settings?.language ?? language,
    unit: filter?.unit ?? '',
    class: filter?.class ?? '',
    instruments: (filter?.instruments ?? []).join(' '),
    kinds: [...(filter?.kinds ?? [])],
    least: SEVERITIES.find((s) => s === filter?.least) ?? 'notice',
    alerts: [...(filter?.alerts ?? ['raised', 'updated', 'cleared'])],
    states: [...(filter?.states ?? [])],
    digest: digest?.every ?? '',
    at: digest?.every === 'day' ? digest.at : '08:30',
    ranges: (settings?.quiet?.ranges ?? []).map((range) => ({ ...range })),
    passes: settings?.quiet?.passes ?? '',
  }
}

/** What is missing in a draft, as a key under `notify.wrong`; null where it can be sent. */
export function wrongIn(d: SubscriptionDraft): string | null {
  if (!d.name.trim()) return 'name'
  if (!d.alerts.length && !d.states.length) return 'nothing'
  if (d.ranges.some((range) => !range.from || !range.to)) return 'range'
  if (d.digest === 'day' && !d.at) return 'at'
  return null
}

export function newSubscription(d: SubscriptionDraft): NewSubscription {
  return {
    channel: d.channel,
    settings: {
      name: d.name.trim(),
      enabled: d.enabled,
      language: d.language,
      filter: {
        unit: d.unit || null,
        class: d.class || null,
        instruments: addresses(d.instruments),
        kinds: d.kinds,
        least: d.least,
        alerts: d.alerts,
        states: d.states,
      },
      digest: d.digest === '' ? null : d.digest === 'hour' ? { every: 'hour' } : { every: 'day', at: d.at },
      quiet: d.ranges.length ? { ranges: d.ranges, passes: d.passes || null } : null,
    },
  }
}

type Say = (key: string, named?: Record<string, unknown>) => string

/** A subscription in a line: of what, of which instruments, when. */
export function described(s: Settings, t: Say, unitName: (id: string) => string, className: (code: string) => string): string[] {
  const f = s.filter
  const words: string[] = []
  const join = t('notify.join')
  if (f?.alerts?.length !== 0) {
    const kinds = f?.kinds?.length ? f.kinds.map((kind) => t(`alertKind.${kind}`)).join(join) : t('notify.anyKind')
    words.push(t('notify.leastOf', { severity: t(`severity.${f?.least ?? 'notice'}`), kinds }))
  }
  if (f?.states?.length) words.push(t('notify.statesOf', { states: f.states.map((state) => t(`state.${state}`)).join(join) }))
  if (f?.unit) words.push(unitName(f.unit))
  if (f?.class) words.push(className(f.class))
  if (f?.instruments?.length) words.push(t('count.instruments', { n: f.instruments.length }))
  if (s.digest) words.push(s.digest.every === 'hour' ? t('notify.hourly') : t('notify.dailyAt', { at: s.digest.at }))
  else words.push(t('notify.atOnce'))
  if (s.quiet) words.push(t('notify.quietIn', { ranges: s.quiet.ranges.map((r) => `${r.from}–${r.to}`).join(join) }))
  return words
}

export const DELIVERY_STATES = ['waiting', 'delivered', 'dead', 'dropped'] as const

/** What a notice is about, such as `alert.raised`, as keys to be said one after the other. */
export function typeKeys(type: string): string[] {
  const [what, step] = type.split('.')
  if (what === 'alert') return ['notify.type.alert', ...(step ? [`alerts.step.${step}`] : [])]
  return [`notify.type.${what}`]
}
