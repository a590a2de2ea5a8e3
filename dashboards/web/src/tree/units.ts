import type { Ok } from '@/api/client'

export type Unit = Ok<'/api/v1/units'>['items'][number]

type Pick = (zh: string, en: string | null | undefined) => string

/** The ids that a path names, from the top down. */
export function idsOf(path: string): string[] {
  return path.split('/').filter(Boolean)
}

/** Where something stands, in words, from the city down: the province says nothing, since everything stands in it. */
export function placeOf(path: string, units: Map<string, Unit>, pick: Pick): string[] {
  return idsOf(path)
    .map((id) => units.get(id) ?? id)
    .filter((unit) => typeof unit === 'string' || unit.kind !== 'province')
    .map((unit) => (typeof unit === 'string' ? unit : pick(unit.name, unit.name_en)))
}

/** The institution and what is below it: enough where rows are many. */
export function shortPlace(path: string, units: Map<string, Unit>, pick: Pick): string {
  const ids = idsOf(path)
  const at = ids.findIndex((id) => units.get(id)?.kind === 'institution')
  return placeOf(ids.slice(Math.max(0, at)).join('/'), units, pick).join(' · ') || ids.at(-1) || ''
}

export interface Found {
  unit: Unit
  /** How deep it stands below what is above all of them. */
  depth: number
  /** What stands above it, in words. */
  above: string
}

/** Units by a part of their name or id; without words the cities and what stands at the top. */
export function findUnits(all: readonly Unit[], words: string, units: Map<string, Unit>, pick: Pick, most = 60): Found[] {
  const wanted = words.trim().toLowerCase()
  const found: Found[] = []
  for (const unit of all) {
    if (unit.kind === 'department') continue
    const depth = idsOf(unit.path).length - 1
    const hit = wanted
      ? [unit.id, unit.name, unit.name_en].some((text) => text.toLowerCase().includes(wanted))
      : depth <= 1 || all.length <= most
    if (!hit) continue
    const above = placeOf(idsOf(unit.path).slice(0, -1).join('/'), units, pick).join(' · ')
    found.push({ unit, depth, above })
    if (found.length >= most) break
  }
  return found
}
