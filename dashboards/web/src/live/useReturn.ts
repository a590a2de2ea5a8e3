import { watch } from 'vue'
import { useLive } from '@/stores/live'

/** Runs when what is shown is the present again after a time in which it was not: what the push does not carry has to be asked for again. */
export function useReturn(run: () => void): void {
  const live = useLive()
  watch(
    () => live.connection.away,
    (away) => away && run(),
  )
}
