import { onMounted, onUnmounted } from 'vue'

/** Asks again while the page is looked at: whoever sets up a sensor waits for what it does. */
export function useAgain(ask: () => unknown, ms: number): void {
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    timer = setInterval(() => {
      if (document.visibilityState === 'visible') ask()
    }, ms)
  })
  onUnmounted(() => clearInterval(timer))
}
