/// <reference types="vite/client" />

/** What a measurement reads from the wall: frames drawn per second, tiles laid out, changes received. */
interface DayiProbe {
  fps(): number
  tiles: number
  changes: number
}

interface Window {
  /** Of public/theme.js. */
  dayiTheme(choice: string | null, wall: boolean): 'light' | 'dark'
  __dayi?: DayiProbe
}
