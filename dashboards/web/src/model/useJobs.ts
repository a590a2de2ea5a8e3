import { computed, onScopeDispose, shallowRef, ref, watch, type Ref } from 'vue'
import { modelApi, type Job, type LogLine } from '@/api/models'
import { useProblem } from '@/admin/useAsk'
import { isOver } from './joblog'

const EVERY_MS = 1000

/** Asks again once a second while something runs and the page is looked at. */
function whileRunning(running: () => boolean, ask: () => Promise<void>): { start: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false
  function next(): void {
    clearTimeout(timer)
    if (over || !running()) return
    timer = setTimeout(() => void (document.hidden ? next() : ask().finally(next)), EVERY_MS)
  }
  onScopeDispose(() => {
    over = true
    clearTimeout(timer)
  })
  return { start: () => void ask().finally(next) }
}

/** Training jobs, newest first. */
export function useJobs() {
  const words = useProblem()
  const jobs = shallowRef<Job[] | null>(null)
  const problem = ref('')
  const running = computed(() => (jobs.value ?? []).some((job) => !isOver(job.state)))

  const { start } = whileRunning(
    () => running.value,
    async () => {
      try {
        jobs.value = (await modelApi.jobs()).items
        problem.value = ''
      } catch (error) {
        problem.value = words(error)
      }
    },
  )
  return { jobs, problem, running, load: start }
}

/** One job with its log, as long as it runs. */
export function useJob(id: Ref<string>, ended: (job: Job) => void = () => {}) {
  const words = useProblem()
  const job = shallowRef<Job | null>(null)
  const lines = shallowRef<LogLine[]>([])
  const problem = ref('')

  const { start } = whileRunning(
    () => !!id.value && (job.value === null || !isOver(job.value.state)),
    async () => {
      const asked = id.value
      if (!asked) return
      try {
        const before = job.value
        // The log after the job: once it says that it is over, no line is missing.
        const found = await modelApi.job(asked)
        const log = await modelApi.log(asked, lines.value.at(-1)?.number ?? 0)
        if (asked !== id.value) return
        lines.value = [...lines.value, ...log.items]
        job.value = found
        problem.value = ''
        if (before && !isOver(before.state) && isOver(found.state)) ended(found)
      } catch (error) {
        if (asked === id.value) problem.value = words(error)
      }
    },
  )
  watch(
    id,
    () => {
      job.value = null
      lines.value = []
      problem.value = ''
      if (id.value) start()
    },
    { immediate: true },
  )
  return { job, lines, problem, load: start }
}
