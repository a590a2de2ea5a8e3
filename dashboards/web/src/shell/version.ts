import { ref } from 'vue'

const HOUR_MS = 3_600_000

/** The server has another version of the page than the one that is shown. */
export const outdated = ref(false)
/** Where somebody wanted to go whose page could not be loaded. */
export const stuck = ref('')

/** Whether a document of the server's starts another script than `entry`; what is no document of ours says nothing. */
export function isOther(html: string, entry: string): boolean {
  return html.includes('<div id="app">') && !html.includes(`"${entry}`)
}

export async function askVersion(): Promise<void> {
  const entry = document.querySelector('script[type="module"][src]')?.getAttribute('src')
  try {
    const response = await fetch('/index.html', { cache: 'no-store' })
    if (entry && response.ok) outdated.value = isOther(await response.text(), entry)
  } catch {
    // It is asked again when the server is back.
  }
}

/** The names of scripts change with every version, so a page that stays open finds out before it misses one. */
export function watchVersion(): void {
  setInterval(askVersion, HOUR_MS)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void askVersion())
}
