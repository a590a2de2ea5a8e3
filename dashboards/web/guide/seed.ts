import { execFileSync } from 'node:child_process'
import { test } from '@playwright/test'
import { api, GATEWAY, MANAGER, type Listed } from './demo'
import { INSTRUMENT, UNIT } from './shots'

interface Made {
  credentials: { token: string }
}

/** What a sensor of the guide's own says. That it is refused is what the guide shows. */
function publish(address: string, client: string, token: string, topic: string, payload: string): void {
  const [host, port] = address.split(':')
  try {
    execFileSync('mosquitto_pub', ['-h', host!, '-p', port!, '-i', client, '-u', 'dayi', '-P', token, '-q', '1', '-t', topic, '-m', payload], { stdio: 'ignore' })
  } catch {
    // Of who is not let in mosquitto_pub says that it is not.
  }
}

/** What a demo does not bring by itself: somebody at the guide's institution, what she is told of, and what goes wrong. */
test('before the morning', async ({ request }) => {
  const { get, post, put, patch } = api(request)
  const manager = await post<{ id: string }>('accounts', MANAGER)
  await post('accounts', { login: 'wang.li', name: '王丽', email: 'wang.li@example.org', language: 'zh', grants: [{ role: 'laboratory-manager', unit: `${UNIT}-l4` }] })

  // A laboratory that is closed on Mondays: what runs there runs outside opening hours.
  const { items } = await get<Listed<{ id: string; version: number }>>('units?limit=2000')
  const laboratory = items.find((unit) => unit.id === `${UNIT}-l4`)!
  const open = ['08:30-17:30']
  await patch(`units/${laboratory.id}`, laboratory.version, { opening: { weekly: [[], open, open, open, open, open, []], dates: {} } })
  await put(`alert-rules/units/${UNIT}/standby-idle`, { notice: 15, warning: 60 })

  // Subscriptions are their owner's, so she makes hers. Its messages stay on the page: nothing is sent from here to anywhere.
  const { token } = await post<{ token: string }>('tokens', { account: manager.id, name: '预约系统', days: 90 })
  const quiet = { ranges: [{ from: '22:00', to: '07:00' }], passes: 'serious' }
  const settings = { name: '实验室告警', filter: { unit: UNIT, least: 'notice' }, quiet }
  await api(request, token).post('subscriptions', { channel: 'websocket', settings })

  // A sensor that cannot be understood, one that nobody knows, and a gateway that has nothing to say yet.
  const { mqtt } = (await (await request.get('/healthz')).json()) as { mqtt: string }
  const made = await post<Made>('instruments', { id: 'sem-9', name: '环境扫描电镜', name_en: 'Environmental SEM', unit: `${UNIT}-l2`, rated_current_a: 16 })
  publish(mqtt, 'sem-9', made.credentials.token, 'dayi/v1/sem-9/telemetry', '{"ts": 1781487000000, "I": "6.2A"}')
  publish(mqtt, 'plug-17', 'wrong', 'tele/plug-17/SENSOR', '{}')
  await post('clients', { client_id: GATEWAY })
})

/** Labels as a person would paint them, when there is something to paint over. */
test('after the morning', async ({ request }) => {
  const { get, post } = api(request)
  const { items } = await get<Listed<{ state: string; start: number; end: number | null }>>(`instruments/${INSTRUMENT}/states?from=0&to=4102444800000`)
  const spans = items.filter((one) => one.end !== null && ['on', 'standby', 'off'].includes(one.state)).map(({ start, end, state }) => ({ start, end, state }))
  await post(`instruments/${INSTRUMENT}/labels`, { author: MANAGER.name, spans })
})
