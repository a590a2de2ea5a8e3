import { createRouter, createWebHistory } from 'vue-router'
import { stuck } from './shell/version'
import { useSession } from './stores/session'

/** Every page is a chunk of its own, so that the wall does not pay for the chart. */
export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  routes: [
    { path: '/', name: 'wall', component: () => import('./pages/WallPage.vue') },
    {
      path: '/fleet',
      component: () => import('./pages/fleet/FleetPage.vue'),
      children: [
        { path: '', name: 'instruments', component: () => import('./pages/fleet/InstrumentsPage.vue') },
        { path: 'sensors', name: 'sensors', component: () => import('./pages/fleet/SensorsPage.vue') },
        { path: 'bindings', name: 'bindings', component: () => import('./pages/fleet/BindingsPage.vue') },
        { path: 'clients', name: 'clients', component: () => import('./pages/fleet/ClientsPage.vue') },
        { path: 'refusals', name: 'refusals', component: () => import('./pages/fleet/RefusalsPage.vue') },
        { path: 'strangers', name: 'strangers', component: () => import('./pages/fleet/StrangersPage.vue') },
      ],
    },
    { path: '/fleet/new', name: 'instrument-new', component: () => import('./pages/fleet/NewInstrumentPage.vue') },
    // Beside one instrument nothing else stands at such an address: an id may be any word.
    { path: '/instruments', redirect: (to) => ({ name: 'instruments', query: to.query }) },
    { path: '/instruments/import', name: 'import', component: () => import('./pages/ImportPage.vue') },
    { path: '/instruments/:id', name: 'instrument', component: () => import('./pages/InstrumentPage.vue') },
    { path: '/instruments/:id/models', name: 'workbench', component: () => import('./pages/WorkbenchPage.vue') },
    { path: '/models', name: 'models', component: () => import('./pages/ModelsPage.vue') },
    { path: '/instruments/:id/edit', name: 'instrument-edit', component: () => import('./pages/fleet/EditInstrumentPage.vue') },
    { path: '/idle', name: 'idle', component: () => import('./pages/IdlePage.vue') },
    { path: '/hours', name: 'hours', component: () => import('./pages/HoursPage.vue') },
    { path: '/alerts', name: 'alerts', component: () => import('./pages/AlertsPage.vue') },
    { path: '/subscriptions', name: 'subscriptions', component: () => import('./pages/SubscriptionsPage.vue') },
    {
      path: '/admin',
      name: 'admin',
      component: () => import('./pages/admin/AdminPage.vue'),
      children: [
        { path: 'units', name: 'admin-units', component: () => import('./pages/admin/UnitsPage.vue') },
        { path: 'accounts', name: 'admin-accounts', component: () => import('./pages/admin/AccountsPage.vue') },
        { path: 'tokens', name: 'admin-tokens', component: () => import('./pages/admin/TokensPage.vue') },
        { path: 'rules', name: 'admin-rules', component: () => import('./pages/admin/RulesPage.vue') },
        { path: 'maintenance', name: 'admin-maintenance', component: () => import('./pages/admin/MaintenancePage.vue') },
        { path: 'audit', name: 'admin-audit', component: () => import('./pages/admin/AuditPage.vue') },
      ],
    },
    { path: '/system', name: 'system', component: () => import('./pages/SystemPage.vue') },
    { path: '/me', name: 'me', component: () => import('./pages/MePage.vue') },
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignInPage.vue') },
    { path: '/:path(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue') },
  ],
})

/** Whoever is not signed in goes to the sign-in page first, and then to where they wanted. */
router.beforeEach(async (to) => {
  if (to.name === 'sign-in') return true
  const me = await useSession()
    .ask()
    // The page itself says that the server cannot be reached.
    .catch(() => undefined)
  return me === null ? { name: 'sign-in', query: { to: to.fullPath } } : true
})

/** Its script is gone with the version before, or there is no connection. */
router.onError((_, to) => (stuck.value = to.fullPath))
router.afterEach(() => (stuck.value = ''))
