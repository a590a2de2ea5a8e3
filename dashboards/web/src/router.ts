import { createRouter, createWebHistory } from 'vue-router'

/** Every page is a chunk of its own, so that the wall does not pay for the chart. */
export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  routes: [
    { path: '/', name: 'wall', component: () => import('./pages/WallPage.vue') },
    { path: '/instruments', name: 'instruments', component: () => import('./pages/InstrumentsPage.vue') },
    { path: '/instruments/:id', name: 'instrument', component: () => import('./pages/InstrumentPage.vue') },
    { path: '/:path(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue') },
  ],
})
