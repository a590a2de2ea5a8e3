/// <reference types="vite/client" />

/** What measurements and tests read from the wall: frames drawn per second, tiles laid out, changes received, what is held. */
interface DayiProbe {
  fps(): number
  tiles: number
  changes: number
  /** Id, state and sequence number of each instrument. */
  rows(): [string, number, number][]
}

interface Window {
  /** Of public/theme.js. */
  dayiTheme(choice: string | null, wall: boolean): 'light' | 'dark'
  __dayi?: DayiProbe
}
