import { STATES, stateCode, type Institution, type InstrumentRow, type RowChange, type StateChange } from './protocol'

export interface City {
  name: string
  nameEn: string
  /** Indices of its institutions, in order of arrival. */
  institutions: number[]
}

export interface FleetListener {
  /** Everything was replaced by a snapshot, or is in other places now. */
  reset?(): void
  /** One instrument's state changed. */
  change?(index: number, from: number, change: StateChange): void
  /** One instrument was added at the end. */
  added?(index: number): void
}

const S = STATES.length

/**
 * The whole fleet as a struct of arrays: ten thousand instruments cost a few typed arrays instead of ten thousand
 * reactive objects, and the wall reads a tile's state with one index. Counts are kept as changes arrive.
 */
export class Fleet {
  ids: string[] = []
  names: string[] = []
  namesEn: string[] = []
  institution = new Uint16Array(0)
  state = new Uint8Array(0)
  since = new Float64Array(0)
  seq = new Uint32Array(0)
  confidence = new Float32Array(0)
  /** NaN stands for "no reading yet". */
  current = new Float32Array(0)

  institutions: Institution[] = []
  cities: City[] = []
  /** City index of each institution. */
  cityOf: number[] = []
  /** Members of each institution. */
  members: number[][] = []
  /** Counts by institution × state, flat. */
  counts = new Uint32Array(0)

  /** Grows with every transition applied, for rates. */
  changes = 0
  /** Grows with everything that can alter an aggregate, so that observers can poll cheaply. */
  version = 0

  private index = new Map<string, number>()
  private institutionIndex = new Map<string, number>()
  private cityIndex = new Map<string, number>()
  private listeners = new Set<FleetListener>()
  /** Places of instruments that are gone, until the rest closes up. */
  private gone = new Set<number>()

  get size(): number {
    return this.ids.length
  }

  indexOf(id: string): number {
    return this.index.get(id) ?? -1
  }

  cityIndexOf(name: string): number {
    return this.cityIndex.get(name) ?? -1
  }

  listen(listener: FleetListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Replaces everything: the only way a snapshot enters. */
  replace(institutions: Institution[], rows: InstrumentRow[]): void {
    this.ids = []
    this.names = []
    this.namesEn = []
    this.index.clear()
    this.institutions = []
    this.institutionIndex.clear()
    this.cities = []
    this.cityIndex.clear()
    this.cityOf = []
    this.members = []
    this.counts = new Uint32Array(institutions.length * S)
    this.gone.clear()
    this.reserve(rows.length)
    for (const institution of institutions) this.addInstitution(institution)
    for (const row of rows) this.push(row)
    this.version++
    for (const l of this.listeners) l.reset?.()
  }

  /** Applies a transition; false when the instrument is not known here, which means that something was missed. */
  applyState(change: StateChange): boolean {
    const i = this.index.get(change.id)
    if (i === undefined) return false
    const from = this.state[i]!
    const to = stateCode(change.state)
    const base = this.institution[i]! * S
    this.counts[base + from]!--
    this.counts[base + to]!++
    this.state[i] = to
    this.since[i] = change.at
    this.seq[i] = change.seq
    this.confidence[i] = change.confidence
    this.changes++
    this.version++
    for (const l of this.listeners) l.change?.(i, from, change)
    return true
  }

  /** An instrument that came, or of which the catalogue says something else. Ask `settle` when the frame is worked through. */
  applyRow(change: RowChange): void {
    const known = this.index.has(change.instrument[0])
    if (known) this.applyLeft(change.instrument[0])
    this.addInstitution(change.institution)
    if (this.size >= this.state.length) this.reserve(Math.max(16, this.size * 2))
    const i = this.push(change.instrument)
    this.version++
    if (!known) for (const l of this.listeners) l.added?.(i)
  }

  /** An instrument that is not in the set any more. Ask `settle` when the frame is worked through. */
  applyLeft(id: string): void {
    const i = this.index.get(id)
    if (i === undefined) return
    this.index.delete(id)
    this.gone.add(i)
    this.counts[this.institution[i]! * S + this.state[i]!]!--
    this.version++
  }

  /** Closes the gaps that instruments left, once for a whole frame. */
  settle(): void {
    if (this.gone.size === 0) return
    const rows: InstrumentRow[] = []
    for (let i = 0; i < this.size; i++) if (!this.gone.has(i)) rows.push(this.row(i))
    const used = new Set(rows.map((row) => row[3]))
    this.replace(
      this.institutions.filter((institution) => used.has(institution.id)),
      rows,
    )
  }

  /** The newest current of a watched instrument. */
  setCurrent(id: string, ampere: number): void {
    const i = this.index.get(id)
    if (i !== undefined) this.current[i] = ampere
  }

  private row(i: number): InstrumentRow {
    const current = this.current[i]!
    return [
      this.ids[i]!,
      this.names[i]!,
      this.namesEn[i]!,
      this.institutions[this.institution[i]!]!.id,
      this.state[i]!,
      this.since[i]!,
      this.seq[i]!,
      this.confidence[i]!,
      Number.isNaN(current) ? null : current,
    ]
  }

  /** Its index. One that is known gets its present name; its city is looked at again when the fleet settles. */
  private addInstitution(institution: Institution): number {
    const known = this.institutionIndex.get(institution.id)
    if (known !== undefined) {
      this.institutions[known] = institution
      return known
    }
    const at = this.institutions.push(institution) - 1
    this.institutionIndex.set(institution.id, at)
    let city = this.cityIndex.get(institution.city)
    if (city === undefined) {
      city = this.cities.push({ name: institution.city, nameEn: institution.city_en, institutions: [] }) - 1
      this.cityIndex.set(institution.city, city)
    }
    this.cities[city]!.institutions.push(at)
    this.cityOf.push(city)
    this.members.push([])
    if (this.counts.length < this.institutions.length * S) {
      this.counts = grown(this.counts, Uint32Array, this.institutions.length * 2 * S)
    }
    return at
  }

  private push(row: InstrumentRow): number {
    const [id, name, nameEn, institutionId, state, since, seq, confidence, current] = row
    // Every institution comes before its first instrument.
    const institution = this.institutionIndex.get(institutionId) ?? 0
    const i = this.ids.push(id) - 1
    this.names.push(name)
    this.namesEn.push(nameEn)
    this.index.set(id, i)
    this.institution[i] = institution
    this.state[i] = state < S ? state : 0
    this.since[i] = since
    this.seq[i] = seq
    this.confidence[i] = confidence
    this.current[i] = current ?? NaN
    this.members[institution]!.push(i)
    this.counts[institution * S + this.state[i]!]!++
    return i
  }

  private reserve(n: number): void {
    this.institution = grown(this.institution, Uint16Array, n)
    this.state = grown(this.state, Uint8Array, n)
    this.since = grown(this.since, Float64Array, n)
    this.seq = grown(this.seq, Uint32Array, n)
    this.confidence = grown(this.confidence, Float32Array, n)
    this.current = grown(this.current, Float32Array, n)
  }
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

/** A longer copy of a typed array. */
function grown<T extends Numbers>(old: T, kind: new (n: number) => T, n: number): T {
  if (old.length >= n) return old
  const next = new kind(n)
  next.set(old)
  return next
}
