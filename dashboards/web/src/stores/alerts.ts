import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { alertApi } from '@/api/alerts'
import { openAfter } from '@/alerts/count'
import { useLive } from './live'
import { useSession } from './session'

/** What the push says is counted at once; the server is asked again this long after the last change. */
const SETTLE_MS = 20_000

/** How many alerts are open, for the navigation; `null` as long as nobody knows. */
export const useAlerts = defineStore('alerts', () => {
  const session = useSession()
  const live = useLive()
  const open = ref<number | null>(null)
  /** Grows with each change that the push tells, so that lists know that they are old. */
  const changes = ref(0)
  const may = computed(() => session.may('view-alerts'))
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (!may.value) return
    const seen = changes.value
    try {
      const { total } = await alertApi.list({ limit: 1 })
      open.value = total
    } catch {
      // The number stays as it was; the pages themselves say what is wrong.
    }
    if (seen !== changes.value) timer ??= setTimeout(ask, SETTLE_MS)
  }

  live.client.onAlert((change) => {
    if (open.value !== null) open.value = openAfter(open.value, change)
    changes.value++
    timer ??= setTimeout(ask, SETTLE_MS)
  })

  // After a break it is not known what was missed.
  watch([may, () => live.isLive], ([allowed, isLive]) => {
    if (!allowed) open.value = null
    else if (isLive || open.value === null) void ask()
  }, { immediate: true })

  /** A page that has just counted them all knows it better. */
  function counted(total: number): void {
    open.value = total
  }

  return { open, changes, ask, counted }
})
