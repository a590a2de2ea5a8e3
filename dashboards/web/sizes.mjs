/** What each route loads at first, gzipped: `npm run build` fails when one is larger than it may be. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const DIST = join(import.meta.dirname, 'dist')
const KB = 1024
const MOST = 300 * KB
const MOST_OF = { 'src/pages/WallPage.vue': 120 * KB }
/** The larger of the two languages: nobody loads both. */
const WORDS = 'src/i18n/en.json'

const manifest = JSON.parse(readFileSync(join(DIST, 'manifest.json'), 'utf8'))
const sizes = new Map()
function sizeOf(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(DIST, file))).length)
  return sizes.get(file)
}

/** The chunk's files and those that it brings, also later by itself: a page that opens with a chart shows it at once. */
function add(key, files, later) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`the build has no ${key}`)
  if (files.has(chunk.file)) return
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
  for (const next of [...(chunk.imports ?? []), ...(later ? (chunk.dynamicImports ?? []) : [])]) add(next, files, later)
}

let failed = false
const pages = Object.keys(manifest).filter((key) => key.startsWith('src/pages/') && manifest[key].isDynamicEntry)
const rows = pages.map((page) => {
  const files = new Set()
  add('index.html', files, false)
  add(WORDS, files, false)
  if (page.startsWith('src/pages/admin/')) add('src/pages/admin/AdminPage.vue', files, true)
  add(page, files, true)
  const size = [...files].reduce((sum, file) => sum + sizeOf(file), 0)
  return { page, size, most: MOST_OF[page] ?? MOST }
})
if (!Object.keys(MOST_OF).every((page) => pages.includes(page))) throw new Error('the wall is not among the pages')
for (const { page, size, most } of rows.sort((a, b) => b.size - a.size)) {
  const over = size > most
  failed ||= over
  console.log(`${over ? 'TOO LARGE ' : ''}${(size / KB).toFixed(1).padStart(7)} of ${most / KB} KB gzip  ${page}`)
}
if (failed) process.exit(1)
