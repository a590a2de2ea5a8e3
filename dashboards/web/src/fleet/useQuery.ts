import { ref, watch, type Ref } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router'

const TYPING_MS = 250

/** Changes what the address asks; a change of anything but the page begins at the first one. */
export function useQuery() {
  const route = useRoute()
  const router = useRouter()

  function ask(change: LocationQueryRaw): void {
    const query: LocationQueryRaw = { ...route.query, page: undefined, ...change }
    for (const [key, value] of Object.entries(query)) if (value === '' || value === undefined) delete query[key]
    void router.replace({ query })
  }

  /** What is typed for a word of the address, which follows when the typing rests. */
  function typedFor(key: string, value: Ref<string>) {
    const typed = ref(value.value)
    let typing: ReturnType<typeof setTimeout> | undefined
    watch(value, (now) => (typed.value = now))
    watch(typed, (now) => {
      clearTimeout(typing)
      if (now.trim() !== value.value) typing = setTimeout(() => ask({ [key]: now.trim() }), TYPING_MS)
    })
    return typed
  }

  return { route, router, ask, typedFor, clear: () => router.replace({ query: {} }) }
}
