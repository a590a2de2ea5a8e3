import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { http, unwrap, type Ok } from '@/api/client'
import type { Unit } from '@/tree/units'

export type Class = Ok<'/api/v1/classes'>['items'][number]

/** The names of units and classes: asked for once, when a page first needs them. */
export const useTree = defineStore('tree', () => {
  const all = shallowRef<Unit[]>([])
  const classes = shallowRef<Class[]>([])
  const units = computed(() => new Map(all.value.map((unit) => [unit.id, unit])))
  const classNames = computed(() => new Map(classes.value.map((c) => [c.code, c])))
  let asked: Promise<unknown> | null = null

  /** Ends when they are there, or cannot be had. */
  function load(): Promise<unknown> {
    return (asked ??= Promise.all([
      unwrap(http.GET('/api/v1/units')).then((found) => (all.value = found.items)),
      unwrap(http.GET('/api/v1/classes')).then((found) => (classes.value = found.items)),
    ]).catch(() => {
      // Ids stand for names until it is asked again.
      asked = null
    }))
  }

  return { all, classes, units, classNames, load }
})
