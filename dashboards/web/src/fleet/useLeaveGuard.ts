import { onMounted, onUnmounted } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'

/** Asks whoever leaves the page while something would be lost with it. */
export function useLeaveGuard(lost: () => boolean, question: () => string): void {
  const warn = (event: BeforeUnloadEvent) => {
    if (lost()) event.preventDefault()
  }
  onMounted(() => window.addEventListener('beforeunload', warn))
  onUnmounted(() => window.removeEventListener('beforeunload', warn))
  onBeforeRouteLeave(() => !lost() || window.confirm(question()))
}
