import type { Me } from '@/api/client'

/** What each role may in its part of the tree, as in docs/access.md: it decides what is offered; the server decides what is done. */
const READ = ['view', 'view-alerts', 'export', 'subscribe']
const OPERATOR = [...READ, 'handle-alerts', 'train', 'manage-sensors']
const LABORATORY = [...OPERATOR, 'set-rules', 'edit-catalog']
const INSTITUTION = [...LABORATORY, 'edit-units', 'manage-accounts', 'read-audit']

export const ROLES: Record<string, readonly string[]> = {
  administrator: [...INSTITUTION, 'operate'],
  'department-viewer': READ,
  'institution-manager': INSTITUTION,
  'laboratory-manager': LABORATORY,
  operator: OPERATOR,
  researcher: ['view', 'subscribe'],
  'wall-screen': ['view', 'view-alerts'],
  integration: READ,
}

export const PERMISSIONS = [
  'view',
  'view-alerts',
  'export',
  'subscribe',
  'handle-alerts',
  'set-rules',
  'train',
  'edit-catalog',
  'manage-sensors',
  'edit-units',
  'manage-accounts',
  'read-audit',
  'operate',
] as const

type Who = Pick<Me, 'grants' | 'permissions'> | null | undefined

/** Whether something may be done at a place in the tree, which is its path (`province/city-hangzhou/`). */
export function mayAt(me: Who, permission: string, path: string): boolean {
  if (!me?.permissions.includes(permission)) return false
  return me.grants.some((grant) => path.startsWith(grant.path) && (ROLES[grant.role] ?? []).includes(permission))
}

/** The roles that one can give at a place: nobody gives away what they may not do there themselves. */
export function rolesToGive(me: Who, path: string, kind: string): string[] {
  if (!mayAt(me, 'manage-accounts', path)) return []
  return Object.entries(ROLES)
    .filter(([role, may]) => (role === 'department-viewer') === (kind === 'department') && may.every((one) => mayAt(me, one, path)))
    .map(([role]) => role)
}

/** The pages of administration, and what lets somebody in. */
export const ADMIN_PAGES = [
  { name: 'admin-units', path: '/admin/units', key: 'units', any: ['edit-units'] },
  { name: 'admin-accounts', path: '/admin/accounts', key: 'accounts', any: ['manage-accounts'] },
  { name: 'admin-tokens', path: '/admin/tokens', key: 'tokens', any: ['manage-accounts'] },
  { name: 'admin-rules', path: '/admin/rules', key: 'rules', any: ['set-rules'] },
  { name: 'admin-maintenance', path: '/admin/maintenance', key: 'maintenance', any: ['handle-alerts'] },
  { name: 'import', path: '/instruments/import', key: 'imports', any: ['edit-catalog'] },
  { name: 'admin-audit', path: '/admin/audit', key: 'audit', any: ['read-audit'] },
] as const

export function pagesFor(may: (permission: string) => boolean) {
  return ADMIN_PAGES.filter((page) => page.any.some(may))
}
