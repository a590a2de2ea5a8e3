export interface NavEntry {
  to: string
  /** Its key under `nav` in the messages. */
  word: string
  /** The permission that it takes; whoever is signed in sees entries without one. */
  needs?: string
  /** A number that stands beside it. */
  badge?: 'alerts'
}

/** Where one can go, in the order in which it is shown. */
export const NAV: readonly NavEntry[] = [
  { to: '/', word: 'wall' },
  { to: '/instruments', word: 'instruments' },
  { to: '/idle', word: 'idle', needs: 'view-alerts' },
  { to: '/alerts', word: 'alerts', needs: 'view-alerts', badge: 'alerts' },
  { to: '/subscriptions', word: 'subscriptions', needs: 'subscribe' },
]

export function entriesFor(may: (permission: string) => boolean): NavEntry[] {
  return NAV.filter((entry) => !entry.needs || may(entry.needs))
}
