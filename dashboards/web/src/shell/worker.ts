/** Starts the service worker when the page has nothing more to load, and has it keep what is loaded already. */
export function startWorker(): void {
  // Only over HTTPS and on this computer do browsers allow one; without it the page does all but start offline.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return
  const start = async () => {
    await navigator.serviceWorker.register('/sw.js')
    const { active } = await navigator.serviceWorker.ready
    const loaded = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)
    active?.postMessage({ keep: loaded.filter((path) => path.startsWith('/assets/')) })
  }
  const failed = (error: unknown) => console.warn('the service worker did not start', error)
  if (document.readyState === 'complete') start().catch(failed)
  else window.addEventListener('load', () => void start().catch(failed))
}
