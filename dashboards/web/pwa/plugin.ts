import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const ROOT = join(import.meta.dirname, '..')
/** Files without a hash in their names that the shell needs. */
const PLAIN = ['theme.js', 'favicon.svg', 'manifest.webmanifest', 'manifest.en.webmanifest']
/** What the shell needs beside its entry: the first page, and the words of both languages. */
const PAGES = ['/src/pages/WallPage.vue', '/src/i18n/zh-CN.json', '/src/i18n/en.json']

/** Writes the service worker with the names of the shell's files, and a version that changes with any file of the page. */
export function worker(): Plugin {
  return {
    name: 'dayi-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const shell = new Set<string>()
        const add = (name: string): void => {
          const chunk = bundle[name]
          if (shell.has(name) || chunk?.type !== 'chunk') return
          shell.add(name)
          chunk.viteMetadata?.importedCss.forEach((css) => shell.add(css))
          chunk.imports.forEach(add)
        }
        for (const [name, chunk] of Object.entries(bundle)) {
          if (chunk.type === 'chunk' && (chunk.isEntry || PAGES.some((page) => chunk.facadeModuleId?.endsWith(page)))) add(name)
        }
        const source = readFileSync(join(ROOT, 'pwa/worker.js'), 'utf8')
        const hash = createHash('sha256').update(source).update(Object.keys(bundle).sort().join(' '))
        for (const file of ['index.html', ...PLAIN.map((name) => `public/${name}`)]) hash.update(readFileSync(join(ROOT, file)))
        const names = [...[...shell].sort(), ...PLAIN].map((name) => `/${name}`)
        this.emitFile({
          type: 'asset',
          fileName: 'sw.js',
          source: source.replace('__VERSION__', hash.digest('hex').slice(0, 12)).replace('__SHELL__', names.join(' ')),
        })
      },
    },
  }
}
