import type { Unit, UnitKind } from '@/api/admin'

/** What a unit of a kind may stand under. */
export const PARENTS: Record<UnitKind, readonly UnitKind[]> = {
  province: [],
  city: ['province'],
  department: ['province'],
  county: ['city'],
  institution: ['city', 'county'],
  laboratory: ['institution'],
}

/** What may be added under a unit. */
export const kindsUnder = (parent: UnitKind): UnitKind[] =>
  (Object.keys(PARENTS) as UnitKind[]).filter((kind) => PARENTS[kind].includes(parent))

export interface TreeRow {
  unit: Unit
  depth: number
  /** Units directly below it, whether they are shown or not. */
  children: number
  open: boolean
}

/** Whether a unit is what was typed: its names or its id hold all the words. */
export function matches(unit: Pick<Unit, 'id' | 'name' | 'name_en'>, typed: string): boolean {
  const text = `${unit.id} ${unit.name} ${unit.name_en}`.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/**
 * The rows of the tree as it is opened: `units` in order of their paths. With something typed, the units that match and
 * all above them, whatever is open.
 */
export function rowsOf(units: readonly Unit[], open: ReadonlySet<string>, typed = ''): TreeRow[] {
  const here = new Set(units.map((unit) => unit.id))
  const children = new Map<string, number>()
  for (const { parent } of units) if (parent) children.set(parent, (children.get(parent) ?? 0) + 1)
  const kept = typed.trim() ? withAbove(units, (unit) => matches(unit, typed.trim())) : null
  const rows: TreeRow[] = []
  const shown = new Map<string, { depth: number; open: boolean }>()
  for (const unit of ordered(units)) {
    const above = unit.parent && here.has(unit.parent) ? shown.get(unit.parent) : { depth: -1, open: true }
    if (!above?.open || (kept && !kept.has(unit.id))) continue
    const row = { unit, depth: above.depth + 1, children: children.get(unit.id) ?? 0, open: kept !== null || open.has(unit.id) }
    shown.set(unit.id, row)
    rows.push(row)
  }
  return rows
}

function withAbove(units: readonly Unit[], wanted: (unit: Unit) => boolean): Set<string> {
  const kept = new Set<string>()
  for (const unit of units) if (wanted(unit)) for (const id of idsOf(unit.path)) kept.add(id)
  return kept
}

/** The ids of a path, from the top. */
export const idsOf = (path: string): string[] => path.split('/').filter(Boolean)

/** What a unit is called where others of its name may be: a laboratory with its institution. */
export function placeName(units: ReadonlyMap<string, Unit>, id: string, pick: (zh: string, en: string) => string): string {
  const unit = units.get(id)
  if (!unit) return id
  const name = pick(unit.name, unit.name_en)
  const above = unit.kind === 'laboratory' && unit.parent ? units.get(unit.parent) : undefined
  return above ? `${pick(above.name, above.name_en)} › ${name}` : name
}

/** In the tree's order, departments after the cities. */
function ordered(units: readonly Unit[]): Unit[] {
  const key = (unit: Unit) => (unit.kind === 'department' ? 1 : 0)
  return [...units].sort((a, b) => key(a) - key(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** Where a unit may be moved to: of the right kind, not where it stands, not below itself. */
export function placesFor(unit: Pick<Unit, 'kind' | 'path' | 'parent'>, units: readonly Unit[]): Unit[] {
  return units.filter((to) => PARENTS[unit.kind].includes(to.kind) && to.id !== unit.parent && !to.path.startsWith(unit.path))
}

/** An id that nobody has, made of what stands above and a number: people type Chinese names, ids have none. */
export function freeId(kind: UnitKind, parent: string, taken: ReadonlySet<string>): string {
  const stem = kind === 'city' || kind === 'department' ? (kind === 'city' ? 'city' : 'dept') : parent.replace(/^city-/, '')
  const mark = kind === 'laboratory' ? 'l' : ''
  for (let n = 1; ; n++) {
    const number = kind === 'laboratory' ? String(n) : String(n).padStart(2, '0')
    const id = `${stem.slice(0, 56)}-${mark}${number}`
    if (!taken.has(id)) return id
  }
}
