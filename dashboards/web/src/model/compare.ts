import type { Version } from '@/api/models'
import type { Interval } from '@/chart/intervals'
import { LEVELS, type Painted } from './strokes'

/** The figures of a comparison in the order in which they are read; `more` says that a higher value is better. */
export const FIGURES = [
  { key: 'macro_f1', kind: 'share', more: true },
  { key: 'accuracy', kind: 'share', more: true },
  { key: 'false_transitions_per_day', kind: 'count', more: false },
  { key: 'delay_p50_s', kind: 'seconds', more: false },
  { key: 'delay_p95_s', kind: 'seconds', more: false },
  { key: 'late_share', kind: 'share', more: false },
  { key: 'missed_share', kind: 'share', more: false },
] as const
export type Figure = (typeof FIGURES)[number]

/** Objections that the comparison knows. */
export const OBJECTIONS = ['too_little_judged', 'level_not_judged', 'lower_macro_f1', 'more_false_transitions', 'no_better'] as const

export interface Problem {
  kind: string
  detail: string
}

export interface Row {
  figure: Figure
  candidate: number | null
  incumbent: number | null
  /** Candidate less incumbent, and whether that is for the better. */
  difference: number | null
  better: 'yes' | 'no' | 'same' | null
}

export interface Compared {
  rows: Row[]
  /** The name of the model that served then; empty where nobody wrote it down. */
  incumbent: string
  judgedDays: number | null
  problems: Problem[]
}

type Loose = Record<string, unknown> | null | undefined

const number = (from: Loose, key: string): number | null => {
  const value = from?.[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
const inner = (from: Loose, key: string): Loose => from?.[key] as Loose

/** How a version stood to the model that served when it was trained; an imported one brings its own server's figures. Null without any. */
export function comparedOf({ verdict, manifest }: Pick<Version, 'verdict' | 'manifest'>): Compared | null {
  const judged = verdict as Loose
  const from = inner(judged, 'candidate') ? judged : inner(manifest as Loose, 'metrics')
  const [candidate, incumbent] = [inner(from, 'candidate'), inner(from, 'incumbent')]
  if (!candidate) return null
  const rows = FIGURES.map((figure): Row => {
    const [mine, theirs] = [number(candidate, figure.key), number(incumbent, figure.key)]
    const difference = mine === null || theirs === null ? null : mine - theirs
    const better = difference === null ? null : difference === 0 ? 'same' : difference > 0 === figure.more ? 'yes' : 'no'
    return { figure, candidate: mine, incumbent: theirs, difference, better }
  })
  const problems = judged?.problems
  return {
    rows: rows.filter((row) => row.candidate !== null || row.incumbent !== null),
    incumbent: typeof judged?.incumbent_model === 'string' ? judged.incumbent_model : '',
    judgedDays: number(judged, 'judged_days'),
    problems: Array.isArray(problems) ? (problems as Problem[]) : [],
  }
}

/** How many objections stand against promoting it: with any, a person has to say why. */
export const objections = ({ verdict }: Pick<Version, 'verdict'>): number => {
  const problems = (verdict as Loose)?.problems
  return Array.isArray(problems) ? problems.length : 0
}

/** Milliseconds that people call one level (row) and a model said another (column), in the order off, standby, on; silence last. */
export interface Confusion {
  model: string
  ms: number[][]
  total: number
}

/** What each model said while it served, against what people say of the same time; the newest first. */
export function confusionsOf(intervals: readonly Interval[], labels: readonly Painted[], now: number): Confusion[] {
  const byModel = new Map<string, Confusion>()
  const levels: readonly string[] = LEVELS
  let first = 0
  for (const { start, end, state, model } of intervals) {
    const until = end ?? now
    while (first < labels.length && labels[first]!.end <= start) first++
    for (let k = first; k < labels.length && labels[k]!.start < until; k++) {
      const label = labels[k]!
      const ms = Math.min(until, label.end) - Math.max(start, label.start)
      const row = levels.indexOf(label.state)
      if (ms <= 0 || row < 0 || !model) continue
      const found = byModel.get(model) ?? { model, ms: LEVELS.map(() => [0, 0, 0, 0]), total: 0 }
      const said = levels.indexOf(state)
      found.ms[row]![said < 0 ? LEVELS.length : said]! += ms
      found.total += ms
      // Put in again: the model that spoke last stands last.
      byModel.delete(model)
      byModel.set(model, found)
    }
  }
  return [...byModel.values()].reverse()
}

/** The share of a row's time that was said right; null where nobody labelled it. */
export function recallOf(row: readonly number[], level: number): number | null {
  const sum = row.reduce((a, b) => a + b, 0)
  return sum > 0 ? row[level]! / sum : null
}
