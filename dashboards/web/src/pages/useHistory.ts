import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '@/api/client'
import { columnsOf, NO_COLUMNS, type Bin, type Columns } from '@/chart/bins'
import type { Interval } from '@/chart/intervals'
import { useReturn } from '@/live/useReturn'
import { MINUTE, rangeOf, SPANS, type Range, type View } from '@/chart/view'

/** More states are not in one answer. */
const MOST_STATES = 10_000
/** The server answers no more bins. */
const MOST_BINS = 2000
/** Waiting for longer than this is shown. */
const SLOW_MS = 1000
/** A span that ends now is asked for again this often, or when a bin has become full. */
const REFRESH_MS = 60_000

export interface History {
  bins: readonly Bin[]
  columns: Columns
  intervals: Interval[]
  /** Where the answer about states ends before the span does; null if it is whole. */
  cutAt: number | null
  /** Finer than it was kept: the single readings are gone. */
  coarse: boolean
}

const NOTHING: History = { bins: [], columns: NO_COLUMNS, intervals: [], cutAt: null, coarse: false }

async function fetched(id: string, range: Range, pixels: number, signal: AbortSignal): Promise<History> {
  const points = Math.max(1, Math.min(MOST_BINS, Math.round(pixels)))
  const [chart, states] = await Promise.all([
    api.chart(id, range.from, range.to, points, signal),
    api.states(id, range.from, range.to, signal),
  ])
  const cut = states.items.length >= MOST_STATES
  return {
    bins: chart.bins,
    columns: columnsOf(chart),
    intervals: states.items,
    cutAt: cut ? (states.items.at(-1)!.end ?? states.items.at(-1)!.start) : null,
    coarse: chart.from_minutes && chart.step_ms < MINUTE,
  }
}

/**
 * What was measured and decided over a view that is not live. A new view is asked for at once and the question before it
 * given up; until the answer is there, what is known of the new span stays drawn.
 */
export function useHistory(id: Ref<string>, view: Ref<View>, pixels: () => number, now: () => number) {
  const history = shallowRef<History>(NOTHING)
  const range = shallowRef<Range>(rangeOf(view.value, now()))
  const status = ref<'idle' | 'loading' | 'ready' | 'error'>('idle')
  const slow = ref(false)
  const problem = ref('')
  let question: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    question?.abort()
    question = null
    clearTimeout(timer)
    slow.value = false
  }

  async function ask(wanted: Range): Promise<void> {
    const mine = new AbortController()
    question = mine
    const wait = setTimeout(() => (slow.value = status.value === 'loading'), SLOW_MS)
    try {
      const answer = await fetched(id.value, wanted, pixels(), mine.signal)
      if (mine !== question) return
      history.value = answer
      range.value = wanted
      status.value = 'ready'
    } catch (error) {
      // A refresh that fails leaves what is shown; the connection chip says that the server is away.
      if (mine !== question || status.value === 'ready') return
      status.value = 'error'
      problem.value = error instanceof Error ? error.message : String(error)
    } finally {
      clearTimeout(wait)
      if (mine === question) {
        slow.value = false
        refreshLater()
      }
    }
  }

  function refreshLater(): void {
    if (!('span' in view.value) || status.value !== 'ready') return
    const bin = SPANS[view.value.span] / MOST_BINS
    timer = setTimeout(() => (document.hidden ? refreshLater() : void ask(rangeOf(view.value, now()))), Math.max(REFRESH_MS, bin))
  }

  /** Asks for the present view, from the beginning. */
  function load(): void {
    stop()
    if ('span' in view.value && view.value.span === 'live') {
      status.value = 'idle'
      history.value = NOTHING
      return
    }
    status.value = 'loading'
    range.value = rangeOf(view.value, now())
    void ask(range.value)
  }

  watch(
    [id, view],
    ([now], [before]) => {
      if (now !== before) history.value = NOTHING
      load()
    },
    { immediate: true },
  )
  // A span that ends now has gone on meanwhile; one of the past may have been filled up by sensors that came back.
  useReturn(() => {
    if (status.value !== 'ready') return load()
    stop()
    void ask(rangeOf(view.value, now()))
  })
  onScopeDispose(stop)

  const empty = computed(() => status.value === 'ready' && history.value.bins.length === 0)
  return { history, range, status, slow, problem, empty, load }
}
