import { test } from '@playwright/test'
import { api, MANAGER, type Listed } from './demo'
import { UNIT } from './shots'

/** What a demo does not bring by itself: somebody at the guide's institution, what she is told of, and something that goes wrong. */
test('the demo is given what the guide shows', async ({ request }) => {
  const { get, post, put, patch } = api(request)
  const manager = await post<{ id: string }>('accounts', MANAGER)
  await post('accounts', { login: 'wang.li', name: '王丽', email: 'wang.li@example.org', language: 'zh', grants: [{ role: 'laboratory-manager', unit: `${UNIT}-l4` }] })

  // A laboratory that is closed on Mondays: what runs there runs outside opening hours.
  const { items } = await get<Listed<{ id: string; version: number }>>('units?limit=2000')
  const laboratory = items.find((unit) => unit.id === `${UNIT}-l4`)!
  const open = ['08:30-17:30']
  await patch(`units/${laboratory.id}`, laboratory.version, { opening: { weekly: [[], open, open, open, open, open, []], dates: {} } })
  await put(`alert-rules/units/${UNIT}/standby-idle`, { notice: 15, warning: 60 })

  // Channels and subscriptions are their owner's, so she makes them herself.
  const { token } = await post<{ token: string }>('tokens', { account: manager.id, name: '预约系统', days: 90 })
  const hers = api(request, token)
  const target = { kind: 'dingtalk', token: '0'.repeat(64), secret: 'SEC000000000000' }
  const { channel } = await hers.post<{ channel: { id: string } }>('channels', { name: '值班群', unit: UNIT, target })
  const settings = { name: '实验室告警', filter: { unit: UNIT, least: 'notice' }, enabled: false }
  await hers.post('subscriptions', { channel: channel.id, settings: { ...settings, quiet: { ranges: [{ from: '22:00', to: '07:00' }], passes: 'serious' } } })
})
