/** Why something was refused, as `src/ingest/refusal.rs` names it: each has words in `refusal.…`, and what to do in `refusalDo.…`. */
export const REASONS = [
  'unknown-client',
  'bad-credentials',
  'no-binding',
  'topic-not-allowed',
  'unreadable',
  'no-current',
  'out-of-range',
  'no-birth',
  'unknown-instrument',
  'will-not-allowed',
  'filter-not-allowed',
  'invalid-topic',
  'invalid-filter',
  'too-many-filters',
  'too-large',
  'garbage',
  'protocol',
  'version',
  'connect-timeout',
  'handshake',
  'too-fast',
  'too-many-connections',
  'no-room',
  'slow-subscriber',
  'internal',
] as const

/** What mends it: a binding more, another one, a new token, or the client itself. */
const MENDS: Record<string, 'bind' | 'rebind' | 'token' | 'client'> = {
  'no-binding': 'bind',
  'topic-not-allowed': 'bind',
  unreadable: 'rebind',
  'no-current': 'rebind',
  'will-not-allowed': 'rebind',
  'bad-credentials': 'token',
  'unknown-client': 'client',
}

export const mendedBy = (reason: string) => MENDS[reason] ?? null

/** Reasons with how often, the most frequent first. */
export function byCount(counts: Readonly<Record<string, number>>): { reason: string; n: number }[] {
  return Object.entries(counts)
    .map(([reason, n]) => ({ reason, n }))
    .sort((a, b) => b.n - a.n || a.reason.localeCompare(b.reason))
}

/** Text that somebody sent: what one does not see, or what turns the direction of writing, is shown by its number. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Hex in rows of sixteen bytes, each with its place before it and its letters behind. */
export function hexRows(hex: string): string {
  const rows: string[] = []
  for (let at = 0; at < hex.length; at += 32) {
    const bytes = hex.slice(at, at + 32).match(/../g) ?? []
    const letters = bytes.map((byte) => {
      const code = parseInt(byte, 16)
      return code > 31 && code < 127 ? String.fromCharCode(code) : '·'
    })
    rows.push(`${(at / 2).toString(16).padStart(4, '0')}  ${bytes.join(' ').padEnd(47)}  ${letters.join('')}`)
  }
  return rows.join('\n')
}
