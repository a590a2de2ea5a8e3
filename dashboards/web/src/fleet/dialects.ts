/** How sensors speak, as in docs/mqtt.md: what their topics look like, and how one tries that from a shell. */
export const DIALECTS = [
  'dayi',
  'tasmota',
  'shelly-gen1',
  'shelly',
  'zigbee2mqtt',
  'esphome',
  'sparkplug',
  'senml',
  'thingsboard',
  'aliyun',
  'onenet',
  'huawei',
  'jetlinks',
] as const
export type Dialect = (typeof DIALECTS)[number]

/** What a prefix and a channel may look like. A dialect without a channel has one value alone. */
export const LOOKS: Record<Dialect, { prefix: string; channel: string }> = {
  dayi: { prefix: '', channel: '' },
  tasmota: { prefix: 'plug-3', channel: '0' },
  'shelly-gen1': { prefix: 'shelly1pm-B929CC', channel: 'relay/0' },
  shelly: { prefix: 'shellyplus-3', channel: 'switch:0' },
  zigbee2mqtt: { prefix: 'zigbee2mqtt/lab/plug', channel: 'l1' },
  esphome: { prefix: 'lab', channel: 'current' },
  sparkplug: { prefix: 'lab/node-1/meter', channel: 'current' },
  senml: { prefix: 'lab/senml', channel: 'current' },
  thingsboard: { prefix: 'v1/devices/me', channel: 'current' },
  aliyun: { prefix: 'a1B2c3/meter-1', channel: 'current' },
  onenet: { prefix: 'X2N4/meter', channel: 'current' },
  huawei: { prefix: 'meter-1', channel: 'Power/current' },
  jetlinks: { prefix: 'product/meter', channel: 'current' },
}

/** What stands for the prefix where nothing else can. */
export const fixedPrefix = (dialect: string, instrument: string): string | null =>
  dialect === 'dayi' ? instrument : dialect === 'thingsboard' ? 'v1/devices/me' : null

interface Said {
  topic: string
  payload: string
}

const json = (value: unknown) => JSON.stringify(value)
/** A value's name without its unit: `Ia@mA` is sent as `Ia`. */
const nameOf = (channel: string, usual: string) => channel.split('@')[0] || usual

/** A message as a sensor of the dialect sends it; null where it is nothing that one types. */
export function messageOf(dialect: string, prefix: string, channel: string): Said | null {
  const name = nameOf(channel, 'current')
  switch (dialect as Dialect) {
    case 'dayi':
      return { topic: `dayi/v1/${prefix}/telemetry`, payload: json({ current: 1.2 }) }
    case 'tasmota': {
      const place = Number(channel) || 0
      const at = (value: number) => (place ? [...Array<number>(place).fill(0), value] : value)
      return { topic: `tele/${prefix}/SENSOR`, payload: json({ ENERGY: { Power: at(276), Voltage: 230, Current: at(1.2) } }) }
    }
    case 'shelly-gen1':
      return { topic: `shellies/${prefix}/${channel || 'relay/0'}/power`, payload: '276' }
    case 'shelly': {
      const [component = 'switch:0', phase] = (channel || 'switch:0').split('/')
      const of = phase ?? (component.startsWith('em:') ? 'a' : '')
      const values = of ? { [`${of}_voltage`]: 230, [`${of}_current`]: 1.2 } : { apower: 276, voltage: 230, current: 1.2 }
      return { topic: `${prefix}/status/${component}`, payload: json({ id: 0, ...values }) }
    }
    case 'zigbee2mqtt':
      return { topic: prefix, payload: json({ [channel ? `current_${channel}` : 'current']: 1.2, voltage: 230 }) }
    case 'esphome':
      return { topic: `${prefix}/sensor/${name}/state`, payload: '1.2' }
    case 'senml':
      return { topic: prefix, payload: json([{ n: name, u: 'A', v: 1.2 }]) }
    case 'thingsboard':
      return { topic: 'v1/devices/me/telemetry', payload: json({ [name]: 1.2 }) }
    case 'aliyun':
      return {
        topic: `/sys/${prefix}/thing/event/property/post`,
        payload: json({ id: '1', version: '1.0', params: { [name]: { value: 1.2 } }, method: 'thing.event.property.post' }),
      }
    case 'onenet':
      return { topic: `$sys/${prefix}/thing/property/post`, payload: json({ id: '1', version: '1.0', params: { [name]: { value: 1.2 } } }) }
    case 'huawei': {
      const [service, property] = channel.includes('/') ? channel.split('/') : ['Power', name]
      return { topic: `$oc/devices/${prefix}/sys/properties/report`, payload: json({ services: [{ service_id: service, properties: { [nameOf(property!, 'current')]: 1.2 } }] }) }
    }
    case 'jetlinks':
      return { topic: `/${prefix}/properties/report`, payload: json({ messageId: '1', properties: { [name]: 1.2 } }) }
    default:
      // Sparkplug B is binary, and begins with a birth.
      return null
  }
}

/** A word as a shell takes it, whatever stands in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export interface Connection {
  host: string
  client: string
  token: string
}

/** What to type to try it: the message above, sent with the client's token. */
export function commandOf(dialect: string, prefix: string, channel: string, { host, client, token }: Connection): string | null {
  const said = messageOf(dialect, prefix, channel)
  if (!said) return null
  const who = dialect === 'thingsboard' ? `-u ${quoted(token)}` : `-i ${quoted(client)} -u dayi -P ${quoted(token)}`
  return `mosquitto_pub -h ${host} -p 1883 ${who} -q 1 -t ${quoted(said.topic)} -m ${quoted(said.payload)}`
}

/** What the topic of a message that was refused says of its sensor; the more particular patterns come first. */
const PATTERNS: [RegExp, Dialect][] = [
  [/^dayi\/v1\/([^/]+)\/(?:telemetry|status)/, 'dayi'],
  [/^tele\/(.+)\/(?:SENSOR|LWT|STATE)$/, 'tasmota'],
  [/^shellies\/([^/]+)\//, 'shelly-gen1'],
  [/^(zigbee2mqtt\/.+?)(?:\/availability)?$/, 'zigbee2mqtt'],
  [/^(v1\/devices\/me)\//, 'thingsboard'],
  [/^\/sys\/([^/]+\/[^/]+)\/thing\//, 'aliyun'],
  [/^\$sys\/([^/]+\/[^/]+)\/thing\//, 'onenet'],
  [/^\$oc\/devices\/([^/]+)\/sys\//, 'huawei'],
  [/^\/([^/]+(?:\/[^/]+)+)\/properties\/report$/, 'jetlinks'],
  [/^(.+)\/sensor\/[^/]+\/state$/, 'esphome'],
  [/^(.+)\/(?:status\/[a-z0-9]+:\d+|events\/rpc)$/, 'shelly'],
]

export function guessOf(topic: string | null | undefined): { dialect: Dialect; prefix: string } | null {
  if (!topic) return null
  const sparkplug = /^spBv1\.0\/([^/]+)\/[A-Z]+\/(.+)$/.exec(topic)
  if (sparkplug) return { dialect: 'sparkplug', prefix: `${sparkplug[1]}/${sparkplug[2]}` }
  for (const [pattern, dialect] of PATTERNS) {
    const found = pattern.exec(topic)
    if (found) return { dialect, prefix: found[1]! }
  }
  return null
}
