/**
 * A stand-in for the dayi server that speaks docs/live-protocol.md and the HTTP contract, for looking at the pages and
 * measuring frame rates. It also serves `dist/` with the server's content security policy.
 *
 * node mock/server.mjs [--port 8090] [--instruments 10000] [--rate 5] [--csp]
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { currentAt, drawState, generator, makeFleet, STATES } from './data.mjs'
import { drifts, levels, models } from './models.mjs'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    instruments: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '5' },
  },
})
const RATE = Number(values.rate)
const DIST = join(import.meta.dirname, '..', 'dist')
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
const TYPES = { '.webmanifest': 'application/manifest+json', '.png': 'image/png', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' }

const { institutions, instruments } = makeFleet(Number(values.instruments), Date.now())
const byId = new Map(instruments.map((i) => [i.id, i]))
const histories = new Map()
const random = generator(11)
const epoch = '01JMOCK0000000000000000000'
const clients = new Set()
let offset = 0

const view = (i) => ({
  id: i.id, name: i.name, name_en: i.name_en, institution: institutions[i.institution], class: i.class, maker: i.maker,
  model: i.model, rated_current_a: i.rated,
  state: { state: STATES[i.state], since: i.since, seq: i.seq, confidence: i.confidence, cause: 'model', model: 'threshold-v1' },
  sensor: i.state === 0 ? { last_reading_at: null, current_a: null }
    : { last_reading_at: i.state === 1 ? i.since : Date.now() - 400, current_a: currentAt(i, Date.now()) },
})

/** Intervals backwards from the present one, kept so that live changes continue them. */
function history(i) {
  let items = histories.get(i.id)
  if (items) return items
  const r = generator(i.seq * 7919)
  items = [{ seq: i.seq, state: STATES[i.state], start: i.since, end: null, confidence: i.confidence, cause: 'model', model: 'threshold-v1' }]
  let end = i.since
  let seq = i.seq
  while (end > Date.now() - 8 * 86_400_000 && seq > 1) {
    const start = end - Math.floor(60_000 + r() ** 2 * 14_400_000)
    let state = drawState(r)
    if (STATES[state] === items[0].state) state = (state % 4) + 1
    items.unshift({ seq: --seq, state: STATES[state], start, end, confidence: 0.8 + r() * 0.19, cause: state === 1 ? 'deadline' : 'model', model: 'threshold-v1' })
    end = start
  }
  histories.set(i.id, items)
  return items
}

function recent(i) {
  const now = Date.now()
  const out = []
  const h = history(i)
  for (let t = now - 600_000; t <= now; t += 1000) {
    const at = h.findLast((x) => x.start <= t)
    const state = STATES.indexOf(at?.state ?? 'off')
    if (state > 1) out.push([t, Number(currentAt({ ...i, state }, t).toFixed(4))])
  }
  return out
}

/** Bins of a chart, of four readings each, where the history says that the sensor reported. */
function chart(i, from, to, points) {
  const step = Math.ceil((to - from) / points)
  const h = history(i)
  const bins = []
  for (let start = from; start < Math.min(to, Date.now()); start += step) {
    const values = []
    for (let k = 0; k < 4; k++) {
      const t = start + (k * step) / 4
      const state = STATES.indexOf(h.findLast((x) => x.start <= t && (x.end === null || t < x.end))?.state ?? 'offline')
      if (state > 1) values.push(currentAt({ ...i, state }, t))
    }
    if (values.length) bins.push([start, Math.min(...values), values.reduce((a, b) => a + b) / values.length, Math.max(...values), values.length])
  }
  return { from, to, step_ms: step, from_minutes: step >= 60_000, bins }
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body))
}

async function serveFile(response, path) {
  const wanted = join(DIST, normalize(path))
  for (const file of [wanted, join(DIST, 'index.html')]) {
    try {
      const body = await readFile(file)
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP })
      return response.end(body)
    } catch { /* the next candidate */ }
  }
  response.writeHead(404).end('run `npm run build` first')
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://mock')
  const q = url.searchParams
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  if (parts[0] !== 'api') return serveFile(response, url.pathname)
  if (url.pathname === '/api/v1/session') {
    return answer(response, 200, { account: 'wall', name: 'Wall', login: 'wall', language: 'zh', grants: [], permissions: ['view'] })
  }
  if (url.pathname === '/api/v1/models/drifts') return answer(response, 200, { items: drifts() })
  if (parts[2] !== 'instruments') return answer(response, 404, { title: 'Not Found', status: 404 })
  if (parts.length === 3) {
    const words = (q.get('q') ?? '').toLowerCase()
    const found = instruments.filter((i) => {
      const org = institutions[i.institution]
      return (!q.get('city') || org.city === q.get('city')) && (!q.get('institution') || org.id === q.get('institution')) &&
        (!q.get('state') || STATES[i.state] === q.get('state')) &&
        (!words || `${i.id} ${i.name} ${i.name_en} ${i.maker} ${i.model} ${org.name}`.toLowerCase().includes(words))
    })
    const start = Number(q.get('offset') ?? 0)
    return answer(response, 200, { total: found.length, items: found.slice(start, start + Number(q.get('limit') ?? 100)).map(view) })
  }
  const i = byId.get(parts[3])
  if (!i) return answer(response, 404, { type: 'about:blank', title: 'Not Found', status: 404, detail: `no instrument ${parts[3]}` })
  if (parts[4] === 'recent') return answer(response, 200, { items: recent(i) })
  if (parts[4] === 'states') {
    const from = Number(q.get('from') ?? Date.now() - 86_400_000)
    const to = Number(q.get('to') ?? Date.now())
    return answer(response, 200, { from, to, items: history(i).filter((x) => x.start < to && (x.end === null || x.end > from)) })
  }
  if (parts[4] === 'readings') return answer(response, 200, chart(i, Number(q.get('from')), Number(q.get('to')), Number(q.get('points'))))
  if (parts[4] === 'levels') return answer(response, 200, levels(i))
  if (parts[4] === 'models') return answer(response, 200, models(i))
  return answer(response, 200, view(i))
})

const row = (i) => [i.id, i.name, i.name_en, institutions[i.institution].id, i.state, i.since, i.seq, Number(i.confidence.toFixed(3)), i.state < 2 ? null : Number(currentAt(i, Date.now()).toFixed(3))]

function snapshot(socket) {
  const size = 1000
  const pages = Math.max(1, Math.ceil(instruments.length / size))
  for (let page = 0; page < pages; page++) {
    socket.send(JSON.stringify({
      type: 'snapshot', epoch, offset, page, pages,
      institutions: page === 0 ? institutions : [],
      instruments: instruments.slice(page * size, (page + 1) * size).map(row),
    }))
  }
}

new WebSocketServer({ server, path: '/api/v1/live' }).on('connection', (socket) => {
  const client = { socket, watched: new Set() }
  socket.on('close', () => clients.delete(client))
  socket.on('message', (data) => {
    const frame = JSON.parse(data)
    if (frame.type === 'auth') socket.send(JSON.stringify({ type: 'hello', protocol: 2, server_time: Date.now(), name: 'mock' }))
    else if (frame.type === 'watch') client.watched.add(frame.instrument)
    else if (frame.type === 'unwatch') client.watched.delete(frame.instrument)
    else if (frame.type === 'subscribe') {
      // It remembers nothing and shows everything.
      socket.send(JSON.stringify({ type: 'subscribed', epoch, recovered: false, offset }))
      snapshot(socket)
      clients.add(client)
    }
  })
})

const broadcast = (frame) => {
  const text = JSON.stringify(frame)
  for (const { socket } of clients) socket.send(text)
}

function change(i, now) {
  const from = i.state
  do i.state = drawState(random)
  while (i.state === from || i.state === 0)
  const items = histories.get(i.id)
  Object.assign(i, { since: now, seq: i.seq + 1, confidence: 0.8 + random() * 0.199 })
  const cause = i.state === 1 ? 'deadline' : 'model'
  if (items) {
    items.at(-1).end = now
    items.push({ seq: i.seq, state: STATES[i.state], start: now, end: null, confidence: i.confidence, cause, model: 'threshold-v1' })
  }
  offset++
  return { kind: 'state', id: i.id, seq: i.seq, from: STATES[from], state: STATES[i.state], at: now, confidence: i.confidence, cause, model: 'threshold-v1' }
}

let due = 0
let last = Date.now()
setInterval(() => {
  const now = Date.now()
  due += instruments.length ? ((now - last) * RATE) / 1000 : 0
  last = now
  const changes = []
  for (; due >= 1; due--) changes.push(change(instruments[Math.floor(random() * instruments.length)], now))
  if (changes.length) broadcast({ type: 'delta', after: offset - changes.length, offset, changes })
}, 50)
setInterval(() => {
  const now = Date.now()
  for (const client of clients) {
    for (const id of client.watched) {
      const i = byId.get(id)
      if (i && i.state > 1) client.socket.send(JSON.stringify({ type: 'reading', id, readings: [[now, currentAt(i, now)]] }))
    }
  }
}, 1000)
setInterval(() => broadcast({ type: 'heartbeat', after: offset, offset, server_time: Date.now() }), 5000)

server.listen(Number(values.port), '127.0.0.1', () => console.log(`mock on http://127.0.0.1:${values.port}, ${instruments.length} instruments, ${RATE} changes/s`))
