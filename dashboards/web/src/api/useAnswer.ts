import { ref, shallowRef, watch, type WatchSource } from 'vue'
import { useReturn } from '@/live/useReturn'

/**
 * What the server answers to a question that changes: the last question counts, and what was shown stays until its answer
 * is there. It is asked again when the page comes back from an outage.
 */
export function useAnswer<T>(question: WatchSource[], ask: () => Promise<T>) {
  const answer = shallowRef<T | null>(null)
  const loading = ref(true)
  const problem = shallowRef<unknown>(null)
  let run = 0

  /** `quiet`: a failure leaves what is shown. */
  async function request(quiet: boolean): Promise<void> {
    const mine = ++run
    loading.value = true
    try {
      const found = await ask()
      if (mine !== run) return
      answer.value = found
      problem.value = null
    } catch (error) {
      if (mine === run && !(quiet && answer.value !== null)) problem.value = error
    } finally {
      if (mine === run) loading.value = false
    }
  }

  const load = () => request(false)
  watch(question, load, { immediate: true })
  useReturn(() => void request(true))
  return { answer, loading, problem, load }
}
