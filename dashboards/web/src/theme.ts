import { ref } from 'vue'

export const CHOICES = ['system', 'light', 'dark'] as const
export type Choice = (typeof CHOICES)[number]
export type Theme = 'light' | 'dark'

const KEY = 'dayi.theme'

/** `?theme=` wins over what was chosen last, until somebody chooses. */
export function initialChoice(search: string, stored: string | null): Choice {
  const wanted = new URLSearchParams(search).get('theme') ?? stored
  return CHOICES.find((choice) => choice === wanted) ?? 'system'
}

export const choice = ref<Choice>('system')
/** The theme that is painted: what draws by itself paints again when it changes. */
export const theme = ref<Theme>('dark')
let onWall = false

/** The colour of a variable of styles/theme.css, for canvases. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

function paint(next: Theme): void {
  document.documentElement.dataset.theme = next
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.setAttribute('content', color('panel'))
  theme.value = next
}

function follow(): void {
  paint(window.dayiTheme(choice.value, onWall))
}

/** The wall stays dark where nobody chose. */
export function showWall(wall: boolean): void {
  onWall = wall
  follow()
}

export function choose(next: Choice): void {
  choice.value = next
  localStorage.setItem(KEY, next)
  follow()
}

export function startTheme(): void {
  choice.value = initialChoice(window.location.search, localStorage.getItem(KEY))
  showWall(window.location.pathname === '/')
  window.matchMedia('(prefers-color-scheme: light)').addEventListener('change', follow)
  // Style sheets print light by themselves; what is painted on a canvas has to be told.
  window.addEventListener('beforeprint', () => paint('light'))
  window.addEventListener('afterprint', follow)
}
