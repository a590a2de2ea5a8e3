import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError } from '@/api/client'

/** What went wrong, in the reader's language first and in the server's words after it. */
export function useProblem() {
  const { t, te } = useI18n()
  return (error: unknown): string => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
    const key = `admin.problem.${error.status}`
    if (error.status === 0) return t(key)
    return te(key) ? t('admin.problem.with', { what: t(key), detail: error.message }) : error.message
  }
}

/** Something that is loaded: the last answer stays while the next is awaited, and later answers of earlier questions are dropped. */
export function useAsk<T>(load: () => Promise<T>) {
  const said = useProblem()
  const data = shallowRef<T | null>(null)
  const loading = ref(false)
  const problem = ref<string | null>(null)
  let run = 0

  async function ask(): Promise<void> {
    const mine = ++run
    loading.value = true
    try {
      const found = await load()
      if (mine !== run) return
      data.value = found
      problem.value = null
    } catch (error) {
      if (mine === run) problem.value = said(error)
    } finally {
      if (mine === run) loading.value = false
    }
  }
  return { data, loading, problem, ask }
}

/** Something that is done: whether it goes on, and what went wrong. */
export function useDo() {
  const said = useProblem()
  const busy = ref(false)
  const wrong = ref('')

  /** What the work gave; undefined where it failed. */
  async function attempt<T>(work: () => Promise<T>): Promise<{ done: T } | undefined> {
    if (busy.value) return undefined
    busy.value = true
    wrong.value = ''
    try {
      return { done: await work() }
    } catch (error) {
      wrong.value = said(error)
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, wrong, attempt }
}
