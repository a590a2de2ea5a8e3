import type { Away } from '@/live/state'

/** What a line says of its instrument: kept by itself, because places in the fleet change. */
export interface Subject {
  id: string
  name: string
  nameEn: string
  place: string
  placeEn: string
}

export type Line = { key: number; at: number } & (
  | { kind: 'state'; of: Subject; seq: number; from: number; to: number }
  | { kind: 'alert'; of: Subject; about: string; severity: string; cleared: boolean }
  | { kind: 'away'; away: Away }
)

type Told<T> = T extends unknown ? Omit<T, 'key'> : never

const KEPT = 40
/** So many wait to be shown; alerts are fewer and matter more, and go first. */
const STATES_WAIT = 4
const OTHERS_WAIT = 20

/** What happens, at a rate that can be read: what comes faster is counted instead of shown. */
export class Feed {
  lines: readonly Line[] = []
  /** Told and neither shown nor waiting. */
  skipped = 0
  told = 0

  private states: Line[] = []
  private others: Line[] = []

  tell(what: Told<Line>): void {
    const queue = what.kind === 'state' ? this.states : this.others
    queue.push({ ...what, key: this.told++ } as Line)
    if (queue.length <= (what.kind === 'state' ? STATES_WAIT : OTHERS_WAIT)) return
    queue.shift()
    this.skipped++
  }

  /** Shows one more, if one waits. */
  step(): void {
    const next = this.others.shift() ?? this.states.shift()
    if (next) this.lines = [next, ...this.lines].slice(0, KEPT)
  }
}
