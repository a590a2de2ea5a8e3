import { onUnmounted, watch, type Ref } from 'vue'

/** No wall turns faster than this: below it nobody can read a city. */
const FASTEST_S = 5

/** Calls `next` every `seconds` while it is positive; gives back the period in use, 0 when off. */
export function useRotation(seconds: Ref<number>, next: () => void): Ref<number> {
  let timer: ReturnType<typeof setInterval> | undefined
  watch(
    seconds,
    (s) => {
      clearInterval(timer)
      if (s > 0) timer = setInterval(next, Math.max(FASTEST_S, s) * 1000)
    },
    { immediate: true },
  )
  onUnmounted(() => clearInterval(timer))
  return seconds
}
