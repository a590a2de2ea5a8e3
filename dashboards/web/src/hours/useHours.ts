import { computed, ref, type ComputedRef } from 'vue'
import { hoursApi, PAGE, type HoursRow } from '@/api/hours'
import { useAnswer } from '@/api/useAnswer'
import { useTree } from '@/stores/tree'
import { daysBefore } from './days'
import { groupBelow, scopeQuery, type Group, type HoursQuestion } from './question'

export interface HoursAnswer {
  question: HoursQuestion
  by: Group
  /** Null where no instrument is left by the filters. */
  total: HoursRow | null
  before: HoursRow | null
  trend: HoursRow[]
  rows: HoursRow[]
  until: number
  made: number
}

/** Everything that a report shows, with how far its loading is. A question that was asked meanwhile ends the one before. */
export function useHours(question: ComputedRef<HoursQuestion>) {
  const tree = useTree()
  const progress = ref(0)
  let asking = new AbortController()

  // How rows are sorted and which of them are looked at is no question to the server.
  const asked = computed(() => JSON.stringify({ ...question.value, sort: '', order: '', page: 0 }))

  const { answer, loading, problem, load } = useAnswer([asked], async (): Promise<HoursAnswer> => {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    const q = question.value
    let done = 0
    let steps = 4
    progress.value = 0
    const came = () => {
      if (!signal.aborted) progress.value = Math.min(1, ++done / steps)
    }
    const step = async <T>(work: Promise<T>): Promise<T> => work.finally(came)

    await tree.load()
    const by = q.by || groupBelow(q.unit, tree.all)
    const scope = scopeQuery(q)
    const all = hoursApi.page({ ...scope, by: 'all', per: 'total' }, signal)
    void all.then(
      ({ items }) => (steps = 3 + (by === 'instrument' ? Math.max(1, Math.ceil((items[0]?.instruments ?? 0) / PAGE)) : 1)),
      () => undefined,
    )
    const [total, before, trend, rows] = await Promise.all([
      step(all),
      step(hoursApi.page({ ...scopeQuery(q, daysBefore(q.span, q.days)), by: 'all', per: 'total' }, signal)),
      step(hoursApi.page({ ...scope, by: 'all', per: q.per }, signal)),
      hoursApi.rows({ ...scope, by, per: 'total' }, signal, came),
    ])
    return { question: q, by, total: total.items[0] ?? null, before: before.items[0] ?? null, trend: trend.items, rows, until: total.until, made: Date.now() }
  })

  return { answer, loading, problem, load, progress }
}
