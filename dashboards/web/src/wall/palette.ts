import { STATES, stateName } from '@/live/protocol'
import { color } from '@/theme'

/** A state's colour in the page. The glyph says the same a second time, so nothing depends on colour alone. */
export const stateColor = (state: number): string => `var(--${stateName(state)})`

/** Colours for a canvas, as the present theme has them; the states by wire code. */
export interface Palette {
  states: readonly string[]
  background: string
  city: string
  block: string
  cityText: string
  softText: string
  flash: string
}

export function palette(): Palette {
  return {
    states: STATES.map(color),
    background: color('bg'),
    city: color('panel'),
    block: color('raised'),
    cityText: color('text'),
    softText: color('soft'),
    flash: color('flash'),
  }
}

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'
