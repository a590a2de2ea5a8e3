/** A line of a training log in words of the page; `key` is under `models.log`. */
export interface Said {
  key: string
  values: Record<string, string>
  tone: 'plain' | 'good' | 'warn' | 'bad'
}

const LINES: readonly { match: RegExp; key: string; tone: Said['tone']; names: readonly string[] }[] = [
  { match: /^(\d+) instruments to train$/, key: 'started', tone: 'plain', names: ['n'] },
  { match: /^(.+?): version (\d+) serves from now on: (.*)$/, key: 'promoted', tone: 'good', names: ['id', 'version', 'why'] },
  { match: /^(.+?): version (\d+) is kept back: (.*)$/, key: 'kept', tone: 'warn', names: ['id', 'version', 'why'] },
  { match: /^(.+?): no model: nobody has labelled it/, key: 'unlabelled', tone: 'bad', names: ['id'] },
  { match: /^(.+?): no model: there are no readings under its labels/, key: 'noReadings', tone: 'bad', names: ['id'] },
  { match: /^(.+?): no model: only (\d+) plausible readings carry a label, at least (\d+) are needed/, key: 'tooFew', tone: 'bad', names: ['id', 'n', 'needed'] },
  { match: /^(.+?): no model: (.*)$/, key: 'failed', tone: 'bad', names: ['id', 'why'] },
  { match: /^cancelled$/, key: 'cancelled', tone: 'warn', names: [] },
  { match: /^the server stopped/, key: 'interrupted', tone: 'bad', names: [] },
]

/** The figures by which a candidate was judged, as the log tells them; null where it tells something else. */
export function figuresOf(why: string): Record<'new' | 'old' | 'newFalse' | 'oldFalse', string> | null {
  const found = /^macro-F1 ([\d.]+) against ([\d.]+) of \S+, false transitions a day ([\d.]+) against ([\d.]+)/.exec(why)
  return found ? { new: found[1]!, old: found[2]!, newFalse: found[3]!, oldFalse: found[4]! } : null
}

/** What a line says; null where it is best read as it stands. */
export function said(line: string): Said | null {
  for (const { match, key, tone, names } of LINES) {
    const found = match.exec(line)
    if (found) return { key, tone, values: Object.fromEntries(names.map((name, k) => [name, found[k + 1]!])) }
  }
  return null
}

export const LOG_KEYS: readonly string[] = LINES.map(({ key }) => key)

export const isOver = (state: string): boolean => state !== 'queued' && state !== 'running'
