import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { systemApi, type Influx, type Readiness, type System } from '@/api/system'
import { checksOf } from './checks'
import { added, REFRESH_MS } from './samples'

/** Asks the server every few seconds while somebody looks; what was last said stays when an answer fails. */
export function useSystem() {
  const samples = shallowRef<System[]>([])
  const ready = shallowRef<Readiness | null>(null)
  const influx = shallowRef<Influx | null>(null)
  const problem = shallowRef<unknown>(null)
  const paused = ref(false)
  const now = computed(() => samples.value.at(-1) ?? null)
  const checks = computed(() => checksOf(samples.value))
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  async function ask(): Promise<void> {
    clearTimeout(timer)
    try {
      const [system, readiness, sink] = await Promise.all([systemApi.system(), systemApi.readiness(), systemApi.influx()])
      samples.value = added(samples.value, system)
      ready.value = readiness
      influx.value = sink
      problem.value = null
    } catch (error) {
      problem.value = error
    }
    if (!gone && !paused.value && !document.hidden) {
      clearTimeout(timer)
      timer = setTimeout(ask, REFRESH_MS)
    }
  }

  function look(): void {
    if (document.hidden) clearTimeout(timer)
    else if (!paused.value) void ask()
  }

  function turn(): void {
    paused.value = !paused.value
    if (paused.value) clearTimeout(timer)
    else void ask()
  }

  onMounted(() => {
    document.addEventListener('visibilitychange', look)
    void ask()
  })
  onBeforeUnmount(() => {
    gone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  })

  return { samples, now, checks, ready, influx, problem, paused, ask, turn }
}
