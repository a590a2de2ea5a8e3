export interface NavEntry {
  to: string
  /** Its key under `nav` in the messages. */
  word: string
  /** One of these permissions is enough; whoever is signed in sees entries without any. */
  needs?: readonly string[]
  /** A number that stands beside it. */
  badge?: 'alerts'
}

/** Where one can go, in the order in which it is shown. */
export const NAV: readonly NavEntry[] = [
  { to: '/', word: 'wall' },
  { to: '/fleet', word: 'instruments' },
  { to: '/idle', word: 'idle', needs: ['view-alerts'] },
  { to: '/hours', word: 'hours', needs: ['view'] },
  { to: '/alerts', word: 'alerts', needs: ['view-alerts'], badge: 'alerts' },
  { to: '/models', word: 'models', needs: ['train'] },
  { to: '/subscriptions', word: 'subscriptions', needs: ['subscribe'] },
  { to: '/admin', word: 'admin', needs: ['edit-units', 'manage-accounts', 'set-rules', 'handle-alerts', 'read-audit'] },
  { to: '/system', word: 'system', needs: ['operate'] },
  { to: '/me', word: 'me' },
]

export function entriesFor(may: (permission: string) => boolean): NavEntry[] {
  return NAV.filter((entry) => !entry.needs || entry.needs.some(may))
}
