import { shallowReactive, watch, type Ref } from 'vue'
import { api } from '@/api/client'
import { useText } from '@/i18n/useText'
import { useLive } from '@/stores/live'

/** Names of instruments that a list knows by id alone: from the live push, or else asked for. */
export function useNames(ids: Ref<readonly string[]>) {
  const live = useLive()
  const { pick } = useText()
  const asked = shallowReactive(new Map<string, { name: string; name_en: string } | null>())

  watch(
    [ids, () => live.connection.hasData],
    async ([wanted, ready]) => {
      // What is pushed comes soon after the page; those that it leaves out are retired, or it is not to be had.
      if (!ready) return
      for (const id of wanted) {
        if (asked.has(id) || live.fleet.indexOf(id) >= 0) continue
        asked.set(id, null)
        asked.set(id, await api.instrument(id).catch(() => null))
      }
    },
    { immediate: true },
  )

  return (id: string): string => {
    const at = live.connection.hasData ? live.fleet.indexOf(id) : -1
    if (at >= 0) return pick(live.fleet.names[at]!, live.fleet.namesEn[at])
    const found = asked.get(id)
    return found ? pick(found.name, found.name_en) : ''
  }
}
