import type { Version } from '@/api/models'

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
  confusions: { candidate: Confusion | null; incumbent: Confusion | null }
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
    confusions: { candidate: confusionOf(inner(judged, 'candidate_confusion')), incumbent: confusionOf(inner(judged, 'incumbent_confusion')) },
  }
}

/** How many objections stand against promoting it: with any, a person has to say why. */
export const objections = ({ verdict }: Pick<Version, 'verdict'>): number => {
  const problems = (verdict as Loose)?.problems
  return Array.isArray(problems) ? problems.length : 0
}

/** Which level a model took for which: seconds by what people say (row) and what it said (column), in the order off, standby, on; silence last. */
export type Confusion = number[][]

function confusionOf(found: Loose): Confusion | null {
  const { seconds, silent_s } = (found ?? {}) as { seconds?: number[][]; silent_s?: number[] }
  if (!Array.isArray(seconds) || !Array.isArray(silent_s)) return null
  const rows = seconds.map((row, k) => [...row, silent_s[k] ?? 0])
  // Versions from before it was kept have nothing but zeros.
  return rows.flat().some((s) => s > 0) ? rows : null
}

/** The share of a row's time that was said right; null where nobody labelled it. */
export function recallOf(row: readonly number[], level: number): number | null {
  const sum = row.reduce((a, b) => a + b, 0)
  return sum > 0 ? row[level]! / sum : null
}
