import { useText } from '@/i18n/useText'
import { useLive } from '@/stores/live'

/** What instruments are called; what the live push does not know keeps its id. */
export function useNames() {
  const live = useLive()
  const { pick } = useText()
  return (id: string): string => {
    // Another set of instruments may know it.
    void live.generation
    const at = live.fleet.indexOf(id)
    return at < 0 ? id : pick(live.fleet.names[at]!, live.fleet.namesEn[at])
  }
}
