import type { Drift } from '@/api/client'

/** What a model looks at, as the server names it, by the key of its words: what differs only in its span is one to a reader. */
export const FEATURES: Readonly<Record<string, string>> = {
  'last, log': 'now',
  'median of the last three, log': 'now',
  'mean of 15 s, log': 'minute',
  'largest of 15 s, log': 'minute',
  'mean of 60 s, log': 'minute',
  'deviation of 60 s, log': 'swing',
  'largest of 5 min, log': 'peak',
  'mean of 15 min, log': 'hour',
  'largest of 15 min, log': 'peak',
  'mean of 60 min, log': 'hour',
  'time since it was high, log': 'since',
  'time since it was active or high, log': 'since',
  'share of the low time of 5 min that is active': 'activity',
  'length of the work so far, pauses within half an hour included, log': 'run',
  'share of 60 min that is high': 'high',
  'share of 5 min that is high': 'high',
}

export type Change =
  | { what: 'feature'; level: string; name: string; outside: number }
  | { what: 'unsure' | 'untaught'; level: string }

type Loose = Record<string, unknown>
const list = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : [])

/** What changed since a model was trained, the most changed first. */
export function changesOf({ details }: Pick<Drift, 'details'>): Change[] {
  const found = (details ?? {}) as Loose
  const levels = Array.isArray(found.untaught) ? (found.untaught as string[]) : []
  const told = new Set<string>()
  const features = list(found.features).filter(({ feature, level }) => {
    const same = `${FEATURES[String(feature)] ?? String(feature)} ${String(level)}`
    return !told.has(same) && told.add(same)
  })
  return [
    ...levels.map((level): Change => ({ what: 'untaught', level })),
    ...features.map((f): Change => ({ what: 'feature', level: String(f.level), name: String(f.feature), outside: Number(f.outside) })),
    ...list(found.entropy).map((e): Change => ({ what: 'unsure', level: String(e.level) })),
  ]
}
