import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { modelApi, type Edit, type Label, type Stroke } from '@/api/models'
import { useProblem } from '@/admin/useAsk'
import { actsOf, painted, type Act } from './strokes'

/**
 * What people say an instrument did. A stroke shows at once and is sent at once, one after the other; what the server did not
 * take stays, is shown, and can be sent again: nothing that was painted is lost before the page is left.
 */
export function useLabels(id: Ref<string>) {
  const words = useProblem()
  const labels = shallowRef<Label[]>([])
  const edits = shallowRef<Edit[]>([])
  const status = ref<'loading' | 'ready' | 'error'>('loading')
  const problem = ref('')
  /** Strokes that the server does not have yet, those of one drag together. */
  const waiting = shallowRef<Stroke[][]>([])
  const sending = ref(false)
  /** Why the first of them was not taken. */
  const wrong = ref('')
  let run = 0

  async function load(): Promise<void> {
    const mine = ++run
    try {
      const [held, made] = await Promise.all([modelApi.labels(id.value), modelApi.edits(id.value)])
      if (mine !== run) return
      labels.value = held.items
      edits.value = made.items
      status.value = 'ready'
    } catch (error) {
      if (mine !== run) return
      problem.value = words(error)
      if (status.value === 'loading') status.value = 'error'
    }
  }

  async function send(): Promise<void> {
    if (sending.value) return
    sending.value = true
    wrong.value = ''
    const to = id.value
    try {
      while (waiting.value.length > 0 && id.value === to) {
        const first = waiting.value[0]!
        await modelApi.paint(to, first)
        // Shown from the server before it leaves what waits, so that nothing flickers.
        await load()
        waiting.value = waiting.value.filter((one) => one !== first)
      }
    } catch (error) {
      wrong.value = words(error)
    } finally {
      sending.value = false
    }
  }

  /** The server takes so many spans at once. */
  const MOST = 1000
  function paint(strokes: Stroke[]): void {
    for (let k = 0; k < strokes.length; k += MOST) waiting.value = [...waiting.value, strokes.slice(k, k + MOST)]
    void send()
  }

  /** Gives up what the server did not take. */
  function discard(): void {
    waiting.value = []
    wrong.value = ''
  }

  const undoing = ref(false)
  async function undo(act: Act): Promise<void> {
    if (undoing.value) return
    undoing.value = true
    wrong.value = ''
    try {
      for (const { edit, undone_at } of act.edits) if (undone_at === null) await modelApi.undo(id.value, edit)
    } catch (error) {
      wrong.value = words(error)
    } finally {
      await load()
      undoing.value = false
    }
  }

  watch(
    id,
    () => {
      labels.value = []
      edits.value = []
      waiting.value = []
      wrong.value = ''
      status.value = 'loading'
      void load()
    },
    { immediate: true },
  )

  const keep = (event: BeforeUnloadEvent) => {
    if (waiting.value.length > 0) event.preventDefault()
  }
  window.addEventListener('beforeunload', keep)
  onScopeDispose(() => {
    run++
    window.removeEventListener('beforeunload', keep)
  })

  const shown = computed(() => painted(labels.value, waiting.value.flat()))
  const acts = computed(() => actsOf(edits.value))
  return { shown, acts, status, problem, waiting, sending, wrong, undoing, load, paint, send, discard, undo }
}
