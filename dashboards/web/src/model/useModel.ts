import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { api, type Drift, type Levels, type Models } from '@/api/client'

const REFRESH_MS = 60_000

/** What one request gave last. A failure keeps what is shown and says so. */
export interface Fetched<T> {
  data: T | null
  /** When `data` came, ms; 0 before. */
  at: number
  failed: boolean
}

const nothing = <T>(): Fetched<T> => ({ data: null, at: 0, failed: false })

/**
 * Which model serves an instrument and what its calibration found: fetched when the page opens, every minute, and when
 * `stateModel` becomes another one. Only a trained model can drift, so that is asked only where one serves.
 */
export function useModel(id: Ref<string>, stateModel: Ref<string>) {
  const levels = shallowRef(nothing<Levels>())
  const models = shallowRef(nothing<Models>())
  const drifts = shallowRef(nothing<Drift[]>())
  let run = 0

  async function fetchInto<T>(into: ShallowRef<Fetched<T>>, mine: number, request: Promise<T>): Promise<void> {
    try {
      const data = await request
      if (mine === run) into.value = { data, at: Date.now(), failed: false }
    } catch {
      if (mine === run) into.value = { ...into.value, failed: true }
    }
  }

  async function refresh(): Promise<void> {
    const mine = ++run
    const driftsOf = async () => {
      await fetchInto(models, mine, api.models(id.value))
      if (mine !== run) return
      if (typeof models.value.data?.serving !== 'number') {
        drifts.value = nothing()
        return
      }
      const page = api.drifts()
      await fetchInto(drifts, mine, page.then(({ items }) => items))
    }
    await Promise.all([fetchInto(levels, mine, api.levels(id.value)), driftsOf()])
  }

  watch(
    id,
    () => {
      levels.value = nothing()
      models.value = nothing()
      drifts.value = nothing()
      void refresh()
    },
    { immediate: true },
  )
  watch(stateModel, (now, before) => {
    if (now && before) void refresh()
  })

  const timer = setInterval(() => void refresh(), REFRESH_MS)
  onScopeDispose(() => {
    run++
    clearInterval(timer)
  })
  return { levels, models, drifts, refresh }
}
