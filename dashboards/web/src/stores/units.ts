import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { admin, type Unit } from '@/api/admin'
import { idsOf } from '@/admin/units'

/** The tree of units as far as one sees it, fetched once and after each change. */
export const useUnits = defineStore('units', () => {
  const items = shallowRef<Unit[]>([])
  const status = ref<'idle' | 'loading' | 'ready' | 'error'>('idle')
  const problem = ref<unknown>(null)

  const byId = computed(() => new Map(items.value.map((unit) => [unit.id, unit])))

  async function reload(): Promise<void> {
    if (status.value !== 'ready') status.value = 'loading'
    try {
      items.value = (await admin.units()).items
      status.value = 'ready'
    } catch (error) {
      problem.value = error
      status.value = 'error'
    }
  }

  async function ask(): Promise<void> {
    if (status.value === 'idle' || status.value === 'error') await reload()
  }

  /** The units of a path from the top; those that one does not see are left out. */
  const trail = (path: string): Unit[] => idsOf(path).flatMap((id) => byId.value.get(id) ?? [])

  return { items, status, problem, byId, ask, reload, trail }
})
