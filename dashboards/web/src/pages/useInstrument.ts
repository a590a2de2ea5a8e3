import { onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { api, ApiError, type Instrument } from '@/api/client'
import { NO_COLUMNS, type Columns } from '@/chart/bins'
import { merged, withChange, type Interval } from '@/chart/intervals'
import { Readings } from '@/chart/readings'
import { SPANS } from '@/chart/view'
import { stateCode } from '@/live/protocol'
import { useReturn } from '@/live/useReturn'
import { useLive } from '@/stores/live'

/** What the instrument does now and did in the last minutes: fetched once, then carried on by the live connection. */
export function useInstrument(id: Ref<string>) {
  const live = useLive()
  const instrument = shallowRef<Instrument | null>(null)
  const status = ref<'loading' | 'ready' | 'missing' | 'error'>('loading')
  const problem = ref('')
  const intervals = shallowRef<Interval[]>([])
  const intervalsFailed = ref(false)
  const columns = shallowRef<Columns>(NO_COLUMNS)
  const lastReadingAt = ref<number | null>(null)
  const current = ref<number | null>(null)
  const state = ref({ code: 0, since: 0, confidence: 0, cause: '', model: '' })

  let readings = new Readings()
  let unwatch: (() => void) | undefined
  let run = 0

  function show(found: Instrument): void {
    instrument.value = found
    const { state: code, since, confidence, cause, model } = found.state
    state.value = { code: stateCode(code), since, confidence, cause, model }
  }

  function publish(): void {
    columns.value = readings.columns()
    if (readings.lastAt !== null) {
      lastReadingAt.value = readings.lastAt
      current.value = readings.last
    }
  }

  function addReadings(items: readonly (readonly number[])[]): void {
    readings.add(items)
    publish()
  }

  async function fetchSeries(mine: number): Promise<void> {
    const to = Date.now() + live.client.clockSkew
    const [recent, states] = await Promise.allSettled([api.recent(id.value), api.states(id.value, to - SPANS.live, to + 60_000)])
    if (mine !== run) return
    if (recent.status === 'fulfilled') addReadings(recent.value.items)
    intervalsFailed.value = states.status === 'rejected'
    if (states.status === 'fulfilled') intervals.value = merged(states.value.items, intervals.value)
  }

  async function load(): Promise<void> {
    const mine = ++run
    unwatch?.()
    status.value = 'loading'
    instrument.value = null
    intervals.value = []
    readings = new Readings()
    columns.value = NO_COLUMNS
    lastReadingAt.value = current.value = null
    try {
      const found = await api.instrument(id.value)
      if (mine !== run) return
      show(found)
      lastReadingAt.value = found.sensor.last_reading_at ?? null
      current.value = found.sensor.current_a ?? null
      status.value = 'ready'
      unwatch = live.client.watch(id.value, addReadings)
      await fetchSeries(mine)
    } catch (error) {
      if (mine !== run) return
      status.value = error instanceof ApiError && error.status === 404 ? 'missing' : 'error'
      problem.value = error instanceof Error ? error.message : String(error)
    }
  }

  const stopListening = live.fleet.listen({
    change(index, _, change) {
      if (change.id !== id.value || status.value !== 'ready' || live.fleet.ids[index] !== id.value) return
      state.value = {
        code: stateCode(change.state),
        since: change.at,
        confidence: change.confidence,
        cause: change.cause,
        model: change.model,
      }
      intervals.value = withChange(intervals.value, change)
    },
  })

  // Readings of the time away are only in the server's memory; so are the changes, unless the push carried them after.
  useReturn(() => void (status.value === 'ready' ? refresh() : load()))

  /** Fetches again without going through the loading state. */
  async function refresh(): Promise<void> {
    const mine = ++run
    try {
      const found = await api.instrument(id.value)
      if (mine !== run) return
      show(found)
      await fetchSeries(mine)
    } catch {
      // What is shown stays; the connection chip says that it is old.
    }
  }

  watch(id, load, { immediate: true })
  onUnmounted(() => {
    run++
    unwatch?.()
    stopListening()
  })

  return { instrument, status, problem, state, intervals, intervalsFailed, columns, lastReadingAt, current, load }
}
