const STEPS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Bytes in the unit that leaves one to three digits before the point. */
export function bytesOf(n: number): { n: number; unit: (typeof STEPS)[number]; digits: number } {
  let step = 0
  let value = n
  while (value >= 1000 && step < STEPS.length - 1) {
    value /= 1000
    step++
  }
  return { n: value, unit: STEPS[step]!, digits: step === 0 || value >= 100 ? 0 : 1 }
}

/** The points of a small line in a box of the width 100 and the height 24; from 0, so that noise does not look like a mountain. */
export function linePoints(values: readonly number[], most = 120): string {
  const top = Math.max(...values, 0) || 1
  const step = 100 / (most - 1)
  return values.map((value, n) => `${(100 - (values.length - 1 - n) * step).toFixed(1)},${(23 - (22 * value) / top).toFixed(1)}`).join(' ')
}
