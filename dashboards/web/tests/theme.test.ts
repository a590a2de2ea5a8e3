import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { initialChoice } from '@/theme'

const WEB = join(import.meta.dirname, '..')
const css = readFileSync(join(WEB, 'src/styles/theme.css'), 'utf8')
const [lightPart, darkPart] = css.split('@media screen')
const variables = (text: string) => Object.fromEntries([...text.matchAll(/--([\w-]+): ([^;]+);/g)].map((m) => [m[1]!, m[2]!]))
const THEMES = { light: variables(lightPart!), dark: variables(darkPart!) }

type Rgb = [number, number, number]

/** Linear light, 0 to 1. */
function linear(hex: string): Rgb {
  const part = (at: number) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }
  return [part(1), part(3), part(5)]
}

/** As WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const light = (hex: string) => {
    const [r, g, bl] = linear(hex)
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl
  }
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** What people with a colour deficiency see (Machado, Oliveira and Fernandes 2009, severity 1). */
const EYES: Record<string, number[][]> = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}

/** CIE L*a*b* of linear light, white of D65. */
function lab(rgb: number[]): number[] {
  const [r, g, b] = rgb.map((c) => Math.min(1, Math.max(0, c))) as Rgb
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047)
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b)
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function difference(a: string, b: string, eye: number[][]): number {
  const seen = (hex: string) => lab(eye.map((row) => row.reduce((sum, m, k) => sum + m * linear(hex)[k]!, 0)))
  const [p, q] = [seen(a), seen(b)]
  return Math.hypot(...p.map((v, k) => v - q[k]!))
}

describe.each(Object.entries(THEMES))('the %s theme', (_, colors) => {
  const GROUNDS = ['bg', 'panel', 'raised', 'chosen', 'float']
  const WORDS = ['text', 'soft', 'accent', 'wrong', 'on', 'standby', 'off', 'offline', 'unknown', 'notice', 'serious', 'curve']

  it.each(WORDS)('%s can be read on every ground (AA: 4.5)', (word) => {
    for (const ground of GROUNDS) expect(contrast(colors[word]!, colors[ground]!), ground).toBeGreaterThanOrEqual(4.5)
  })

  it.each([['primary-text', 'primary'], ['badge-text', 'badge'], ['alarm-text', 'alarm'], ['alarm-text', 'alarm-stripe']])('%s can be read on %s', (word, ground) => {
    expect(contrast(colors[word]!, colors[ground]!)).toBeGreaterThanOrEqual(4.5)
  })

  it('shows the edges of what can be filled in (AA: 3)', () => {
    expect(contrast(colors.edge!, colors.panel!)).toBeGreaterThanOrEqual(3)
    expect(contrast(colors.edge!, colors.bg!)).toBeGreaterThanOrEqual(2.9)
  })

  it.each(Object.keys(EYES))('keeps the states apart for %s vision', (eye) => {
    const states = ['on', 'standby', 'off', 'offline']
    for (const a of states) {
      for (const b of states) {
        if (a < b) expect(difference(colors[a]!, colors[b]!, EYES[eye]!), `${a} ${b}`).toBeGreaterThan(17)
      }
    }
  })
})

it('both themes say the same variables', () => {
  expect(Object.keys(THEMES.dark)).toEqual(Object.keys(THEMES.light))
})

it('no colour stands outside of the themes, and every variable that is used is there', () => {
  const hard: string[] = []
  const missing = new Set<string>()
  const known = new Set([...Object.keys(THEMES.light), 'radius'])
  for (const file of readdirSync(join(WEB, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.(vue|css|ts)$/.test(file) || /theme\.css$|schema\.ts$/.test(file)) continue
    const text = readFileSync(join(WEB, 'src', file), 'utf8')
    // A mask is not seen; numbers of issues and anchors are no colours.
    for (const m of text.matchAll(/.*(?:[\s:'"]#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\().*/gi)) if (!m[0].includes('mask-image')) hard.push(`${file}: ${m[0].trim()}`)
    for (const m of text.matchAll(/var\(--([a-z-]+)[,)]/g)) if (!known.has(m[1]!) && !text.includes(`'--${m[1]}'`)) missing.add(`${file}: ${m[1]}`)
  }
  expect(hard).toEqual([])
  expect([...missing]).toEqual([])
})

describe('the theme at first', () => {
  it('is what the address asks for, then what was chosen, then the system\'s', () => {
    expect(initialChoice('?theme=light', 'dark')).toBe('light')
    expect(initialChoice('', 'dark')).toBe('dark')
    expect(initialChoice('?theme=pink', null)).toBe('system')
    expect(initialChoice('', null)).toBe('system')
  })

  it.each([
    ['/', '', null, true, 'dark'],
    ['/idle', '', null, true, 'light'],
    ['/idle', '', null, false, 'dark'],
    ['/', '', 'light', false, 'light'],
    ['/', '?theme=light', 'dark', false, 'light'],
    ['/idle', '?theme=dark', 'light', true, 'dark'],
    ['/idle', '', 'system', true, 'light'],
  ])('is set before anything is painted: %s%s, chosen %s, system light %s: %s', (pathname, search, stored, systemLight, theme) => {
    const documentElement = { dataset: {} as { theme?: string } }
    runInNewContext(readFileSync(join(WEB, 'public/theme.js'), 'utf8'), {
      window: {},
      document: { documentElement },
      location: { pathname, search },
      localStorage: { getItem: () => stored },
      matchMedia: () => ({ matches: systemLight }),
      URLSearchParams,
    })
    expect(documentElement.dataset.theme).toBe(theme)
  })
})
