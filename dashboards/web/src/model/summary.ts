import type { Drift, Level, Levels, Models, Promotion } from '@/api/client'

/** The instrument's own calibration, before and without training. */
const OWN = /^threshold-/
/** Trained models carry their version: `mlp-v1@3`. */
const VERSIONED = /^.+@(\d+)$/

export type Origin = { kind: 'own' } | { kind: 'trained'; version: number } | { kind: 'other' } | { kind: 'none' }

/** What a model's name says of where it comes from. */
export function originOf(name: string): Origin {
  if (!name) return { kind: 'none' }
  if (OWN.test(name)) return { kind: 'own' }
  const version = VERSIONED.exec(name)?.[1]
  return version === undefined ? { kind: 'other' } : { kind: 'trained', version: Number(version) }
}

/** How sure, as a word: a percentage alone tells nobody whether it is much. */
export type Sureness = 'certain' | 'fairly' | 'unsure'

export function sureness(confidence: number): Sureness {
  if (confidence >= 0.9) return 'certain'
  return confidence >= 0.6 ? 'fairly' : 'unsure'
}

export interface Serving {
  origin: Origin
  /** The name as transitions carry it; empty where only its origin is known. */
  name: string
  /** Since when and why; null for a calibration that has served from the start. */
  promotion: Promotion | null
  /** Whether the present state was still decided by another model. */
  handingOver: boolean
}

/**
 * What serves now. The state names the model that decided it, which after a promotion is the one before until the state
 * next changes: so the list of models has the last word, and the state's name serves while there is none.
 */
export function servingOf(stateModel: string, models: Models | null): Serving {
  const decided = originOf(stateModel)
  if (!models) return { origin: decided, name: stateModel, promotion: null, handingOver: false }
  const newest = models.promotions[0] ?? null
  const promotion = newest && newest.version === models.serving ? newest : null
  if (models.serving === null) {
    const same = decided.kind !== 'trained'
    return {
      origin: decided.kind === 'other' ? decided : { kind: 'own' },
      name: same ? stateModel : '',
      promotion,
      handingOver: !same,
    }
  }
  const origin: Origin = { kind: 'trained', version: models.serving }
  if (decided.kind === 'trained' && decided.version === models.serving) {
    return { origin, name: stateModel, promotion, handingOver: false }
  }
  return { origin, name: nameOf(models, models.serving), promotion, handingOver: decided.kind !== 'none' }
}

function nameOf(models: Models, version: number): string {
  const manifest = models.versions.find((v) => v.version === version)?.manifest as { model?: unknown } | null | undefined
  return typeof manifest?.model === 'string' ? `${manifest.model}@${version}` : ''
}

/** The newest report that the model which serves has drifted; reports of models that serve no more are history. */
export function driftOf(drifts: readonly Drift[], instrument: string): Drift | null {
  return drifts.find((d) => d.instrument === instrument && d.proposal === 'retrain') ?? null
}

const HOUR_MS = 3_600_000

export interface Covered {
  /** 0 to 1. */
  part: number
  /** Hours with one digit, with two in the first hour: who watches sees it grow. */
  seen: number
  needed: number
}

/** How much of the first stretch has been seen. */
export function coveredOf({ covered_ms, needed_ms }: Pick<Levels, 'covered_ms' | 'needed_ms'>): Covered {
  const hours = (ms: number) => {
    const steps = ms < HOUR_MS ? 100 : 10
    return Math.floor((Math.max(0, ms) / HOUR_MS) * steps) / steps
  }
  const part = needed_ms > 0 ? Math.min(1, Math.max(0, covered_ms / needed_ms)) : 1
  return { part, seen: hours(covered_ms), needed: hours(needed_ms) }
}

/** A level that was never seen has limits from the rated current alone. */
export function isSeen(level: Level): boolean {
  return level.typical_a !== null
}

/** What the rules took a level for, where a person said otherwise. */
export function overruled(level: Level): string | null {
  return level.named && level.proposed !== level.state ? level.proposed : null
}

/** The part of a table that levels share: told apart by activity, off and standby have one range and one share of the time. */
export interface LevelRow {
  level: Level
  /** Rows that the range, the usual current and the share span; 0 where the row before spans this one. */
  span: number
}

export function rowsOf(levels: readonly Level[]): LevelRow[] {
  const together = (a: Level | undefined, b: Level | undefined) =>
    a?.told_by === 'activity' && b?.told_by === 'activity' && a.from_a === b.from_a && a.to_a === b.to_a
  return levels.map((level, i) => {
    if (together(levels[i - 1], level)) return { level, span: 0 }
    let span = 1
    while (together(level, levels[i + span])) span++
    return { level, span }
  })
}

/** Digits of an ampere that tell the limits of these levels apart; the same in the whole table, so that figures line up. */
export function digitsFor(levels: readonly Level[]): number {
  const lowest = Math.min(...levels.flatMap((l) => [l.from_a, l.to_a ?? 0]).filter((a) => a > 0))
  return lowest < 0.2 ? 3 : 2
}

/** The figures by which the comparison let a version serve; null where a person decided, or another server's did. */
export interface Comparison {
  f1: [candidate: number, incumbent: number]
  falseChanges: [candidate: number, incumbent: number]
}

export const GATE = 'gate'

export function comparisonOf(models: Models, promotion: Promotion): Comparison | null {
  if (promotion.author !== GATE) return null
  const verdict = models.versions.find((v) => v.version === promotion.version)?.verdict as Partial<Record<string, unknown>> | null
  const score = (side: string, name: string): number => {
    const value = (verdict?.[side] as Record<string, unknown> | undefined)?.[name]
    return typeof value === 'number' ? value : NaN
  }
  const pair = (name: string): [number, number] => [score('candidate', name), score('incumbent', name)]
  const found: Comparison = { f1: pair('macro_f1'), falseChanges: pair('false_transitions_per_day') }
  return [...found.f1, ...found.falseChanges].some(Number.isNaN) ? null : found
}
