import { ref, shallowRef, watch, type WatchSource } from 'vue'

/** What the server answers to a question that changes: the last question counts, and what was shown stays until its answer is there. */
export function useAnswer<T>(question: WatchSource[], ask: () => Promise<T>) {
  const answer = shallowRef<T | null>(null)
  const loading = ref(true)
  const problem = shallowRef<unknown>(null)
  let run = 0

  async function load(): Promise<void> {
    const mine = ++run
    loading.value = true
    try {
      const found = await ask()
      if (mine !== run) return
      answer.value = found
      problem.value = null
    } catch (error) {
      if (mine === run) problem.value = error
    } finally {
      if (mine === run) loading.value = false
    }
  }

  watch(question, load, { immediate: true })
  return { answer, loading, problem, load }
}
