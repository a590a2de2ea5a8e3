import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SHOTS } from '../guide/shots'

const guide = join(import.meta.dirname, '../../../docs/user-guide')
const LANGUAGES = ['zh-CN', 'en'] as const
type Language = (typeof LANGUAGES)[number]

const textOf = (lang: Language) => readFileSync(join(guide, `${lang}.md`), 'utf8')
const picturesIn = (text: string) => [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((m) => m[1]!)
const headings = (text: string) => text.split('\n').filter((line) => /^#+ /.test(line))
const names = SHOTS.map((shot) => shot.name)

/** What the pages say, in every module of texts. */
function words(lang: Language): Set<string> {
  const src = join(import.meta.dirname, '../src/i18n')
  const out = new Set<string>()
  const add = (value: unknown): void => {
    if (typeof value === 'string') out.add(value)
    else for (const part of Object.values(value as object)) add(part)
  }
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith(`${lang}.json`)) add(JSON.parse(readFileSync(join(src, file), 'utf8')))
  return out
}

describe.each(LANGUAGES)('the user guide (%s)', (lang) => {
  const text = textOf(lang)

  it('has every picture that is made, once, and no other', () => {
    expect(picturesIn(text).sort()).toEqual(names.map((name) => `images/${lang}/${name}.png`).sort())
  })

  it('has its pictures in the repository', () => {
    const made = readdirSync(join(guide, 'images', lang)).sort()
    expect(made).toEqual(names.map((name) => `${name}.png`).sort())
  })

  it('links to what is there', () => {
    const anchors = headings(text).map((line) => line.replace(/^#+ /, '').toLowerCase().replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-'))
    for (const [, target] of text.matchAll(/[^!]\[[^\]]+\]\(([^)]+)\)/g)) {
      if (target!.startsWith('#')) expect(anchors).toContain(target!.slice(1))
      else expect(existsSync(join(guide, target!)), target).toBe(true)
    }
  })

  // A button's name is set apart: 「…」 in Chinese, *…* in English. Where a path leads through several, arrows stand between.
  it('calls buttons and fields as the pages do', () => {
    const known = words(lang)
    const set = lang === 'en' ? /(?<![*\w])\*([^*\n]+)\*(?!\*)/g : /「([^」]+)」/g
    const used = [...text.matchAll(set)].flatMap((m) => m[1]!.split(' → '))
    expect(used.length).toBeGreaterThan(30)
    expect([...new Set(used)].filter((word) => !known.has(word))).toEqual([])
  })
})

describe('the user guide', () => {
  it('has the same sections and pictures, in the same order, in both languages', () => {
    const shape = (lang: Language) => textOf(lang).split('\n').flatMap((line) => {
      const heading = /^(#+) /.exec(line)
      return heading ? [heading[1]!] : picturesIn(line).map((path) => path.split('/').at(-1)!)
    })
    expect(shape('en')).toEqual(shape('zh-CN'))
  })
})
