import type { AlertLevel, AlertRule, AlertRuleOwn } from '@/api/admin'

export const SEVERITIES = ['notice', 'warning', 'serious', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export const MOST_MINUTES = 527_040

export type After = AlertLevel['after']

/** Which rule counts no minutes: it is told at once, or never. */
export const AT_ONCE = new Set(['model-drift', 'sensor-frozen', 'clock-skew'])

/** A length of time as people say it: the largest unit in which it is whole. */
export function amountOf(minutes: number): { n: number; unit: TimeUnit } {
  for (const unit of ['d', 'h'] as const) if (minutes > 0 && minutes % UNITS[unit] === 0) return { n: minutes / UNITS[unit], unit }
  return { n: minutes, unit: 'm' }
}

export const UNITS = { m: 1, h: 60, d: 1440 } as const
export type TimeUnit = keyof typeof UNITS

/** What somebody sets of a severity: nothing, never, or an amount. */
export interface Choice {
  mode: 'inherit' | 'off' | 'after'
  n: number
  unit: TimeUnit
}

export function choiceOf(own: After | null | undefined): Choice {
  if (own === null || own === undefined) return { mode: 'inherit', n: 30, unit: 'm' }
  if (own === 'off') return { mode: 'off', n: 30, unit: 'm' }
  return { mode: 'after', ...amountOf(own) }
}

/** The minutes of a choice; undefined where they are none that the server takes. */
export function afterOf({ mode, n, unit }: Choice): After | null | undefined {
  if (mode === 'inherit') return null
  if (mode === 'off') return 'off'
  const minutes = Math.round(n * UNITS[unit])
  return typeof n === 'number' && Number.isFinite(n) && minutes >= 0 && minutes <= MOST_MINUTES ? minutes : undefined
}

/** The whole rule; null where a number is none. */
export function ownOf(choices: Record<Severity, Choice>): AlertRuleOwn | null {
  const own: AlertRuleOwn = { notice: null, warning: null, serious: null, critical: null }
  for (const severity of SEVERITIES) {
    const after = afterOf(choices[severity])
    if (after === undefined) return null
    own[severity] = after
  }
  return own
}

export const isOwn = (rule: AlertRule): boolean => SEVERITIES.some((severity) => rule.own[severity] !== null && rule.own[severity] !== undefined)

/** Where a value comes from: set here, at a unit above (its id), or the table that dayi comes with. */
export type Origin = { kind: 'here' } | { kind: 'above'; unit: string } | { kind: 'default' }

export function originOf(rule: AlertRule, level: AlertLevel): Origin {
  const own = rule.own[level.severity as Severity]
  if (own !== null && own !== undefined) return { kind: 'here' }
  if (level.from === 'unit' && level.unit) return { kind: 'above', unit: level.unit.split('/').filter(Boolean).at(-1) ?? '' }
  return { kind: 'default' }
}
