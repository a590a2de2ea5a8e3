import type { AlertChange } from '@/live/protocol'

/** How a push changes the number of open alerts: one that came back after its end is raised once more. */
export function openAfter(open: number, change: Pick<AlertChange, 'step' | 'cleared'>): number {
  if (change.step === 'raised') return open + 1
  if (change.step === 'cleared') return Math.max(0, open - 1)
  return open
}

/** A number beside a word in the navigation: it is not to grow without end. */
export function badge(open: number): string {
  return open > 999 ? '999+' : String(open)
}
