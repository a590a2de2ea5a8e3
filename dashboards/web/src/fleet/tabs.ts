import { mayAt } from '@/admin/access'
import type { Me } from '@/api/client'

/** Where the tree begins: whoever may something there may it everywhere. */
const PROVINCE = 'province/'

/** Whose a stranger is nobody knows, and neither whose a client is that reports for nothing: both are for the whole province. */
export const wholeProvince = (me: Me | null | undefined): boolean => mayAt(me, 'manage-sensors', PROVINCE)

const TABS = [
  { key: 'list', to: '/fleet' },
  { key: 'sensors', to: '/fleet/sensors', needs: 'manage-sensors' },
  { key: 'bindings', to: '/fleet/bindings', needs: 'manage-sensors' },
  { key: 'clients', to: '/fleet/clients', needs: 'manage-sensors' },
  { key: 'refusals', to: '/fleet/refusals', needs: 'manage-sensors' },
  { key: 'strangers', to: '/fleet/strangers', needs: 'manage-sensors', whole: true },
] as const
export const TAB_KEYS = TABS.map((tab) => tab.key)

export function fleetTabs(me: Me | null | undefined) {
  return TABS.filter((tab) => (!('needs' in tab) || me?.permissions.includes(tab.needs)) && (!('whole' in tab) || wholeProvince(me)))
}
