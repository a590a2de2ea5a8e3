import { typeKeys } from './draft'

interface Instrument {
  id: string
  name: string
  name_en: string
}

export interface EventLine {
  key: string
  at: number
  keys: string[]
  kind: string
  severity: string
  to: string
  instrument: Instrument | null
}

interface Event {
  type?: string
  data?: { events?: Event[]; instrument?: Instrument; alert?: { kind?: string; severity?: string }; to?: string }
}

/** A notification as lines: a digest has several. */
export function eventLines(item: { number: number; at: number; event: unknown }): EventLine[] {
  const event = item.event as Event
  const all = event.data?.events ?? [event]
  return all.map((one, n) => ({
    key: `${item.number}-${n}`,
    at: item.at,
    keys: typeKeys(one.type ?? 'digest'),
    kind: one.data?.alert?.kind ?? '',
    severity: one.data?.alert?.severity ?? '',
    to: one.data?.to ?? '',
    instrument: one.data?.instrument ?? null,
  }))
}
