import { computed, onUnmounted, watch, type Ref } from 'vue'

/** No wall turns faster than this: below it nobody can read a city. */
const FASTEST_S = 5

/** Calls `next` every `seconds` while it is positive; gives back the period in use, 0 when off. */
export function useRotation(seconds: Ref<number>, next: () => void): Ref<number> {
  const period = computed(() => (seconds.value > 0 ? Math.max(FASTEST_S, seconds.value) : 0))
  let timer: ReturnType<typeof setInterval> | undefined
  watch(
    period,
    (s) => {
      clearInterval(timer)
      if (s > 0) timer = setInterval(next, s * 1000)
    },
    { immediate: true },
  )
  onUnmounted(() => clearInterval(timer))
  return period
}
