import type { Fleet } from './fleet'
import type { ClientFrame, DeltaFrame, InstrumentRow, ServerFrame, SnapshotFrame, Institution } from './protocol'

/**
 * - `idle`: not started
 * - `connecting`: first attempt, nothing to show yet
 * - `loading`: the first snapshot is arriving
 * - `live`: what is shown is the present
 * - `resyncing`: a change was missed; what is shown is old until the new snapshot is complete
 * - `reconnecting`: the connection is gone; what is shown is old
 */
export type LiveStatus = 'idle' | 'connecting' | 'loading' | 'live' | 'resyncing' | 'reconnecting'

export interface LiveState {
  status: LiveStatus
  /** Since when what is shown is not live any more (client clock, ms); null while live or before any data. */
  staleSince: number | null
  /** Arrived part of the snapshot under way, 0 to 1. */
  progress: number
  /** A complete snapshot was applied at some time. */
  hasData: boolean
  /** Attempts since the connection was last live. */
  attempts: number
}

export interface Connection {
  send(text: string): void
  close(): void
}

export interface ConnectionHandlers {
  frame(frame: ServerFrame): void
  closed(): void
}

/** The outside world, injected so that tests need neither sockets nor real time. */
export interface Env {
  connect(handlers: ConnectionHandlers): Connection
  now(): number
  random(): number
  later(run: () => void, ms: number): () => void
}

export type ReadingListener = (readings: [number, number][]) => void

/** The server speaks at least every 5 s; after this long without a frame the connection is dead. */
export const SILENCE_MS = 12_000
/** A requested snapshot that is not complete by then is given up together with the connection. */
export const SNAPSHOT_MS = 30_000
const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 15_000

/** Delay before attempt `n` (from 1): doubling, capped, with half of it random so that clients do not return at once. */
export function backoff(n: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (n - 1))
  return full / 2 + (full / 2) * random
}

interface Assembly {
  epoch: string
  offset: number
  pages: number
  next: number
  institutions: Institution[]
  rows: InstrumentRow[]
}

/**
 * Reference client of the live protocol: keeps a `Fleet` equal to the server's, or says plainly that it is not.
 * Snapshot pages are collected aside and applied in one step; deltas are applied only in unbroken order.
 */
export class LiveClient {
  readonly state: LiveState = { status: 'idle', staleSince: null, progress: 0, hasData: false, attempts: 0 }
  /** Server clock minus client clock, ms. */
  clockSkew = 0
  /** Offset of the last change held. */
  offset = -1

  private connection: Connection | null = null
  private generation = 0
  private assembly: Assembly | null = null
  private waitingForSnapshot = true
  private lastFrameAt = 0
  private cancelWatchdog: (() => void) | null = null
  private cancelSnapshot: (() => void) | null = null
  private cancelRetry: (() => void) | null = null
  private watched = new Map<string, Set<ReadingListener>>()

  constructor(
    private readonly fleet: Fleet,
    private readonly env: Env,
    private readonly onState: (state: LiveState) => void = () => {},
  ) {}

  start(): void {
    if (this.state.status !== 'idle') return
    this.set({ status: 'connecting' })
    this.open()
  }

  stop(): void {
    this.drop()
    this.cancelRetry?.()
    this.cancelRetry = null
    this.set({ status: 'idle', staleSince: this.state.hasData ? (this.state.staleSince ?? this.env.now()) : null })
  }

  /** Skips what is left of the back-off: the network says that it is back. */
  retryNow(): void {
    if (!this.cancelRetry) return
    this.cancelRetry()
    this.cancelRetry = null
    this.open()
  }

  /** Asks for an instrument's readings, now and after every reconnect, until the returned function is called. */
  watch(id: string, listener: ReadingListener): () => void {
    let listeners = this.watched.get(id)
    if (!listeners) {
      listeners = new Set()
      this.watched.set(id, listeners)
      this.send({ type: 'watch', instrument: id })
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.watched.get(id) === listeners) {
        this.watched.delete(id)
        this.send({ type: 'unwatch', instrument: id })
      }
    }
  }

  private open(): void {
    const generation = ++this.generation
    this.assembly = null
    this.waitingForSnapshot = true
    this.lastFrameAt = this.env.now()
    this.connection = this.env.connect({
      // Frames and closings of a connection that was given up must not touch the new one.
      frame: (frame) => generation === this.generation && this.receive(frame),
      closed: () => generation === this.generation && this.lost(),
    })
    this.armWatchdog()
    this.armSnapshotDeadline()
  }

  private receive(frame: ServerFrame): void {
    this.lastFrameAt = this.env.now()
    switch (frame.type) {
      case 'hello':
        this.clockSkew = frame.server_time - this.env.now()
        for (const id of this.watched.keys()) this.send({ type: 'watch', instrument: id })
        return
      case 'snapshot':
        return this.onSnapshot(frame)
      case 'delta':
        return this.onDelta(frame)
      case 'reading': {
        const last = frame.readings.at(-1)
        if (last) this.fleet.setCurrent(frame.id, last[1])
        for (const listener of this.watched.get(frame.id) ?? []) listener(frame.readings)
        return
      }
      case 'heartbeat':
        this.clockSkew = frame.server_time - this.env.now()
        if (!this.waitingForSnapshot && frame.offset !== this.offset) this.resync()
        return
      case 'error':
        console.warn(`live: ${frame.code}: ${frame.detail}`)
        return
    }
  }

  private onSnapshot(frame: SnapshotFrame): void {
    if (frame.page === 0) {
      // The server may also start one by itself, when it had to skip changes for us.
      this.waitingForSnapshot = true
      this.assembly = {
        epoch: frame.epoch,
        offset: frame.offset,
        pages: frame.pages,
        next: 0,
        institutions: frame.institutions,
        rows: [],
      }
      if (!this.state.hasData) this.set({ status: 'loading', progress: 0 })
      else if (this.state.status === 'live') this.set({ status: 'resyncing', staleSince: this.env.now() })
      if (!this.cancelSnapshot) this.armSnapshotDeadline()
    }
    const a = this.assembly
    if (!a || frame.page !== a.next || frame.epoch !== a.epoch || frame.offset !== a.offset) return this.resync()
    for (const row of frame.instruments) a.rows.push(row)
    a.next++
    if (a.next < a.pages) return this.set({ progress: a.next / a.pages })
    this.assembly = null
    this.waitingForSnapshot = false
    this.cancelSnapshot?.()
    this.cancelSnapshot = null
    this.offset = a.offset
    this.fleet.replace(a.institutions, a.rows)
    this.set({ status: 'live', staleSince: null, progress: 1, hasData: true, attempts: 0 })
  }

  private onDelta(frame: DeltaFrame): void {
    if (this.waitingForSnapshot) {
      // Between the pages of one snapshot there is no delta; before its first page they are simply older than it.
      if (this.assembly) this.resync()
      return
    }
    const first = frame.offset - frame.changes.length + 1
    if (first > this.offset + 1) return this.resync()
    for (let i = Math.max(0, this.offset + 1 - first); i < frame.changes.length; i++) {
      const change = frame.changes[i]!
      const applied = change.kind === 'state' ? this.fleet.applyState(change) : this.fleet.applyAdded(change)
      if (!applied) return this.resync()
      this.offset = first + i
    }
  }

  /** Something was missed: say so, and ask for everything again. */
  private resync(): void {
    this.assembly = null
    this.waitingForSnapshot = true
    if (this.state.hasData) {
      this.set({ status: 'resyncing', staleSince: this.state.staleSince ?? this.env.now(), progress: 0 })
    } else this.set({ status: 'loading', progress: 0 })
    this.armSnapshotDeadline()
    this.send({ type: 'resync' })
  }

  private lost(): void {
    const { hasData, staleSince, attempts } = this.state
    this.drop()
    const n = attempts + 1
    this.set({
      status: 'reconnecting',
      attempts: n,
      progress: 0,
      // What is shown was true when the last frame came, not when the loss was noticed.
      staleSince: hasData ? (staleSince ?? this.lastFrameAt) : null,
    })
    this.cancelRetry?.()
    this.cancelRetry = this.env.later(() => {
      this.cancelRetry = null
      this.open()
    }, backoff(n, this.env.random()))
  }

  /** Gives up the present connection without announcing anything. */
  private drop(): void {
    this.generation++
    this.cancelWatchdog?.()
    this.cancelSnapshot?.()
    this.cancelWatchdog = this.cancelSnapshot = null
    this.assembly = null
    this.waitingForSnapshot = true
    const connection = this.connection
    this.connection = null
    connection?.close()
  }

  /** One timer that re-arms itself for what is left, instead of one per frame. */
  private armWatchdog(): void {
    this.cancelWatchdog?.()
    const left = this.lastFrameAt + SILENCE_MS - this.env.now()
    this.cancelWatchdog = this.env.later(
      () => (this.env.now() - this.lastFrameAt >= SILENCE_MS ? this.lost() : this.armWatchdog()),
      Math.max(1, left),
    )
  }

  private armSnapshotDeadline(): void {
    this.cancelSnapshot?.()
    this.cancelSnapshot = this.env.later(() => this.lost(), SNAPSHOT_MS)
  }

  private send(frame: ClientFrame): void {
    this.connection?.send(JSON.stringify(frame))
  }

  private set(change: Partial<LiveState>): void {
    Object.assign(this.state, change)
    this.onState(this.state)
  }
}
