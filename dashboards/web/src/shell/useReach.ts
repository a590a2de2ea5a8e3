import { computed, onScopeDispose, watch } from 'vue'
import { useSession } from '@/stores/session'

const AGAIN_MS = 5000

/** Whether the server could not be reached yet since the page was opened; it is asked again until it answers. */
export function useReach() {
  const session = useSession()
  const unreachable = computed(() => session.me === undefined && session.unreachable)
  let timer: ReturnType<typeof setInterval> | undefined

  const again = () => void (unreachable.value && session.askAgain().catch(() => undefined))
  watch(
    unreachable,
    (is) => {
      clearInterval(timer)
      if (is) timer = setInterval(again, AGAIN_MS)
    },
    { immediate: true },
  )
  window.addEventListener('online', again)
  onScopeDispose(() => {
    clearInterval(timer)
    window.removeEventListener('online', again)
  })
  return { unreachable, again }
}
