import type { Fleet } from './fleet'
import { STATES } from './protocol'

/** Counts of one group: `by[code]` instruments are in the state with that code. */
export interface Counts {
  total: number
  by: number[]
}

const S = STATES.length

export function emptyCounts(): Counts {
  return { total: 0, by: new Array<number>(S).fill(0) }
}

export function institutionCounts(fleet: Fleet, institution: number): Counts {
  const out = emptyCounts()
  addInstitution(fleet, institution, out)
  return out
}

export function cityCounts(fleet: Fleet, city: number): Counts {
  const out = emptyCounts()
  for (const i of fleet.cities[city]?.institutions ?? []) addInstitution(fleet, i, out)
  return out
}

/** Every city's counts, in the fleet's order of cities. */
export function allCityCounts(fleet: Fleet): Counts[] {
  return fleet.cities.map((_, city) => cityCounts(fleet, city))
}

export function sumCounts(parts: Counts[]): Counts {
  const out = emptyCounts()
  for (const part of parts) {
    out.total += part.total
    for (let s = 0; s < S; s++) out.by[s]! += part.by[s]!
  }
  return out
}

function addInstitution(fleet: Fleet, institution: number, into: Counts): void {
  for (let s = 0; s < S; s++) {
    const n = fleet.counts[institution * S + s] ?? 0
    into.by[s]! += n
    into.total += n
  }
}

/** A share of the whole; nothing of nothing is 0, not NaN. */
export function share(part: number, total: number): number {
  return total === 0 ? 0 : part / total
}
