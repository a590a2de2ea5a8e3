import type { LocationQuery } from 'vue-router'
import type { FleetModelsQuery } from '@/api/models'

/** What a model can need of a person, the most urgent first. */
export const NEEDS = ['review', 'retrain', 'train', 'name-levels'] as const
export type Need = (typeof NEEDS)[number]

/** These are met by training. */
export const TRAINABLE: readonly Need[] = ['retrain', 'train']

export const TABS = ['needs', 'jobs', 'drifts'] as const
export type Tab = (typeof TABS)[number]

export interface FleetQuestion {
  tab: Tab
  needs: Need | ''
  q: string
  unit: string
  class: string
  page: number
  /** The training job that is looked at. */
  job: string
}

function text(query: LocationQuery, key: string): string {
  const value = query[key]
  return String((Array.isArray(value) ? value[0] : value) ?? '')
}

/** Reads an address; what does not belong there is passed over. */
export function questionOf(query: LocationQuery): FleetQuestion {
  return {
    tab: TABS.find((tab) => tab === text(query, 'tab')) ?? 'needs',
    needs: NEEDS.find((need) => need === text(query, 'needs')) ?? '',
    q: text(query, 'q'),
    unit: text(query, 'unit'),
    class: text(query, 'class'),
    page: Math.max(1, Math.floor(Number(text(query, 'page'))) || 1),
    job: text(query, 'job'),
  }
}

export function fleetQuery(q: FleetQuestion, size: number): FleetModelsQuery {
  const some = (value: string) => value || undefined
  return {
    needs: q.needs || undefined,
    q: some(q.q),
    unit: some(q.unit),
    class: some(q.class),
    limit: size,
    offset: (q.page - 1) * size,
  }
}

/** The part of the workbench in which a need is met. */
export const benchTab = (needs: readonly string[]): string => {
  const first = NEEDS.find((need) => needs.includes(need))
  const tabs: Record<Need, string> = { review: 'compare', retrain: 'labels', train: 'train', 'name-levels': 'levels' }
  return first ? tabs[first] : 'labels'
}

/** Every id that a question finds, page by page. */
export async function allIds(ask: (offset: number) => Promise<{ total: number; items: readonly { id: string }[] }>): Promise<string[]> {
  const ids = new Set<string>()
  for (let offset = 0; ; ) {
    const { total, items } = await ask(offset)
    for (const { id } of items) ids.add(id)
    offset += items.length
    if (items.length === 0 || offset >= total) return [...ids]
  }
}
