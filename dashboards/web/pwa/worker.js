/* global self, caches, clients, fetch, location, Request, URL */
/*
 * Keeps the page's shell for times without a server, so that the page can say so itself. It never stands between the page
 * and the API, and never decides what is new: navigation goes to the network first. The build fills in the names
 * (pwa/plugin.ts).
 */
const CACHE = 'dayi-__VERSION__'
const SHELL = '__SHELL__'.split(' ')
const HTML = '/index.html'
const OTHERS = /^\/(api|healthz|readyz|livez|metrics)(\/|$)/
/** What a proxy says while the server behind it is away. */
const AWAY = [502, 503, 504]

self.addEventListener('install', (event) => {
  // No page waits for it: which version is shown was decided by the network already.
  self.skipWaiting()
  event.waitUntil(keep([...SHELL, HTML]))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('dayi-') && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  )
})

// What the page loaded before there was a worker.
self.addEventListener('message', (event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep(event.data.keep))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin || OTHERS.test(pathname)) return
  if (request.mode === 'navigate') event.respondWith(networkFirst(request, HTML))
  else if (pathname.startsWith('/assets/')) event.respondWith(cacheFirst(request))
  else if (SHELL.includes(pathname)) event.respondWith(networkFirst(request, pathname))
})

const kept = (key) => caches.match(key, { cacheName: CACHE, ignoreVary: true })

async function keep(paths) {
  const cache = await caches.open(CACHE)
  const missing = []
  for (const path of paths) if (!(await kept(path))) missing.push(new Request(path, { cache: 'no-cache' }))
  await cache.addAll(missing)
}

async function networkFirst(request, key) {
  try {
    const response = await fetch(request)
    if (!AWAY.includes(response.status)) return response
  } catch {
    // No network, or no server.
  }
  return (await kept(key)) ?? fetch(request)
}

/** Names under assets/ hold a hash of what is in them. */
async function cacheFirst(request) {
  const known = await kept(request)
  if (known) return known
  const response = await fetch(request)
  if (response.ok) {
    const cache = await caches.open(CACHE)
    await cache.put(request, response.clone())
  }
  return response
}
