import { defineStore } from 'pinia'
import { computed, markRaw, reactive, ref, shallowRef } from 'vue'
import { allCityCounts, emptyCounts, sumCounts, type Counts } from '@/live/aggregate'
import { LiveClient } from '@/live/client'
import { Fleet } from '@/live/fleet'
import { browserEnv, liveUrl } from '@/live/socket'
import { freshState } from '@/live/state'

/** Aggregates follow the fleet this often: faster than anybody reads, far slower than changes can come. */
const TICK_MS = 250
/** Changes per second are averaged over this many ticks. */
const RATE_TICKS = 12

export interface CityView {
  index: number
  name: string
  nameEn: string
  counts: Counts
}

/**
 * The application's one live connection. The fleet itself stays outside Vue's reactivity; only aggregates, the
 * connection state and a clock are reactive.
 */
export const useLive = defineStore('live', () => {
  const fleet = markRaw(new Fleet())
  const connection = reactive(freshState())
  const client = markRaw(
    new LiveClient(fleet, browserEnv(liveUrl(window.location)), (state) => Object.assign(connection, state)),
  )

  const cities = shallowRef<CityView[]>([])
  const total = shallowRef<Counts>(emptyCounts())
  const changesPerSecond = ref(0)
  /** Grows whenever the set of instruments is another one, so that the wall lays out again. */
  const generation = ref(0)
  /** Server time, ms, in whole seconds. */
  const now = ref(Math.floor(Date.now() / 1000) * 1000)
  const isLive = computed(() => connection.status === 'live')

  /** What is shown is not the present. */
  const isStale = computed(() => connection.staleSince !== null)

  let version = -1
  const history: number[] = []
  let timer: ReturnType<typeof setInterval> | undefined

  function refresh(): void {
    if (fleet.version === version) return
    version = fleet.version
    const counts = allCityCounts(fleet)
    cities.value = fleet.cities.map((c, index) => ({ index, name: c.name, nameEn: c.nameEn, counts: counts[index]! }))
    total.value = sumCounts(counts)
  }

  function tick(): void {
    now.value = Math.floor((Date.now() + client.clockSkew) / 1000) * 1000
    history.push(fleet.changes)
    if (history.length > RATE_TICKS + 1) history.shift()
    const span = ((history.length - 1) * TICK_MS) / 1000
    changesPerSecond.value = span > 0 ? (history.at(-1)! - history[0]!) / span : 0
    refresh()
  }

  let resized = false
  fleet.listen({
    reset() {
      generation.value++
      refresh()
    },
    added() {
      // A batch of new instruments costs one layout, not one each.
      if (resized) return
      resized = true
      setTimeout(() => {
        resized = false
        generation.value++
      }, 1000)
    },
  })

  /** Called when somebody is signed in. */
  function start(): void {
    client.start()
    timer ??= setInterval(tick, TICK_MS)
    window.addEventListener('online', retry)
  }

  /** Called when nobody is signed in any more. */
  function stop(): void {
    client.stop()
    window.removeEventListener('online', retry)
  }

  function retry(): void {
    client.retryNow()
  }

  return { fleet, client, connection, cities, total, changesPerSecond, generation, now, isLive, isStale, start, stop }
})
