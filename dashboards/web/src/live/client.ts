import { Decoder } from './binary'
import type { Fleet } from './fleet'
import {
  NOT_ADMITTED,
  TOO_MANY,
  type AlertChange,
  type Change,
  type ClientFrame,
  type DeltaFrame,
  type Format,
  type HeartbeatFrame,
  type Institution,
  type InstrumentRow,
  type ServerFrame,
  type SnapshotFrame,
  type SubscribedFrame,
  type Where,
} from './protocol'

/**
 * - `idle`: not started
 * - `connecting`: first attempt, nothing to show yet
 * - `loading`: the first snapshot is arriving
 * - `live`: what is shown is the present
 * - `resyncing`: a change was missed; what is shown is old until all that was missed has come
 * - `reconnecting`: the connection is gone; what is shown is old
 * - `refused`: the server does not let the client in, and says why; it is asked again now and then
 */
export type LiveStatus = 'idle' | 'connecting' | 'loading' | 'live' | 'resyncing' | 'reconnecting' | 'refused'

/** A time in which what was shown was not the present (client clock, ms). */
export interface Away {
  from: number
  until: number
  /** Whether every change of that time came afterwards; else there was a new snapshot. */
  recovered: boolean
}

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
  /** The last time away; null if there was none. */
  away: Away | null
  /** Changes that were left out because this client was too slow. */
  coalesced: number
  /** Why the server does not let the client in; empty while it does. */
  refused: string
}

export interface LiveOptions {
  /** What to see; everything that may be seen if nothing is said. */
  where?: Where
  format?: Format
  /** Without one the browser's session counts. */
  token?: string
}

export interface Connection {
  send(text: string): void
  close(): void
}

export interface ConnectionHandlers {
  opened(): void
  /** A frame, or the compact form of one. */
  frame(frame: ServerFrame | ArrayBuffer): void
  closed(code: number, reason: string): void
}

/** The outside world, injected so that tests need neither sockets nor real time. */
export interface Env {
  connect(handlers: ConnectionHandlers): Connection
  now(): number
  random(): number
  later(run: () => void, ms: number): () => void
}

export type ReadingListener = (readings: [number, number][]) => void
export type AlertListener = (alert: AlertChange) => void

/** The server speaks at least every 5 s; after this long without a frame the connection is dead. */
export const SILENCE_MS = 12_000
/** What was asked for and is not complete by then is given up together with the connection. */
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
 * Reference client of the live protocol: keeps a `Fleet` equal to what the server shows, or says plainly that it is not.
 * Snapshot pages are collected aside and applied in one step; deltas are applied only in unbroken order. After a break it goes
 * on from where it was if the server still remembers, and says when it was away.
 */
export class LiveClient {
  readonly state: LiveState = {
    status: 'idle',
    staleSince: null,
    progress: 0,
    hasData: false,
    attempts: 0,
    away: null,
    coalesced: 0,
    refused: '',
  }
  /** Server clock minus client clock, ms. */
  clockSkew = 0
  /** Names the server's run and what is looked at. */
  epoch = ''
  /** Everything up to here is held. */
  offset = -1

  private connection: Connection | null = null
  private generation = 0
  private decoder = new Decoder()
  /** What has to come before deltas count. */
  private waiting: 'subscribed' | 'snapshot' | null = 'subscribed'
  /** Up to date is who holds everything up to here. */
  private target = 0
  private recovering = false
  private assembly: Assembly | null = null
  private lastFrameAt = 0
  private cancelWatchdog: (() => void) | null = null
  private cancelDeadline: (() => void) | null = null
  private cancelRetry: (() => void) | null = null
  private watched = new Map<string, Set<ReadingListener>>()
  private alertListeners = new Set<AlertListener>()

  constructor(
    private readonly fleet: Fleet,
    private readonly env: Env,
    private readonly onState: (state: LiveState) => void = () => {},
    private readonly options: LiveOptions = {},
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

  /** Hears of alerts until the returned function is called. */
  onAlert(listener: AlertListener): () => void {
    this.alertListeners.add(listener)
    return () => this.alertListeners.delete(listener)
  }

  private open(): void {
    const generation = ++this.generation
    const mine = (run: () => void) => generation === this.generation && run()
    this.assembly = null
    this.waiting = 'subscribed'
    this.lastFrameAt = this.env.now()
    const { token } = this.options
    this.connection = this.env.connect({
      // What comes of a connection that was given up must not touch the new one.
      opened: () => mine(() => this.send({ type: 'auth', ...(token !== undefined && { token }) })),
      frame: (frame) => mine(() => this.receive(frame)),
      closed: (code, reason) => mine(() => this.lost(code === NOT_ADMITTED || code === TOO_MANY ? reason : '')),
    })
    this.armWatchdog()
    this.armDeadline()
  }

  private receive(data: ServerFrame | ArrayBuffer): void {
    this.lastFrameAt = this.env.now()
    let frame: ServerFrame
    try {
      frame = data instanceof ArrayBuffer ? this.decoder.decode(data) : data
    } catch (error) {
      console.warn('live: a frame could not be read', error)
      // It leaves a hole, perhaps in the names of instruments, too: everything anew.
      if (this.waiting !== 'subscribed') this.subscribe(false)
      return
    }
    switch (frame.type) {
      case 'hello':
        this.clockSkew = frame.server_time - this.env.now()
        this.subscribe(this.state.hasData)
        for (const id of this.watched.keys()) this.send({ type: 'watch', instrument: id })
        return
      case 'subscribed':
        return this.onSubscribed(frame)
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
        return this.onHeartbeat(frame)
      case 'error':
        console.warn(`live: ${frame.code}: ${frame.detail}`)
        return
    }
  }

  /** Asks for what is wanted, from where the client is or anew. What is shown is not the present until that has come. */
  private subscribe(resume: boolean): void {
    this.assembly = null
    this.waiting = 'subscribed'
    if (!this.state.hasData) this.set({ status: 'loading', progress: 0 })
    else if (this.state.status === 'live') {
      this.set({ status: 'resyncing', staleSince: this.state.staleSince ?? this.env.now(), progress: 0 })
    }
    this.armDeadline()
    const { where, format } = this.options
    this.send({
      type: 'subscribe',
      ...(where && { where }),
      ...(format && { format }),
      ...(resume && { resume: { epoch: this.epoch, offset: this.offset } }),
    })
  }

  private onSubscribed(frame: SubscribedFrame): void {
    this.target = frame.offset
    this.recovering = frame.recovered
    this.waiting = frame.recovered ? null : 'snapshot'
    if (frame.recovered) this.caughtUp()
  }

  private onSnapshot(frame: SnapshotFrame): void {
    if (this.waiting === 'subscribed') return
    if (frame.page === 0) {
      // The server may also start one by itself, when it had to skip changes for us.
      this.waiting = 'snapshot'
      this.recovering = false
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
      if (!this.cancelDeadline) this.armDeadline()
    }
    const a = this.assembly
    if (!a || frame.page !== a.next || frame.epoch !== a.epoch || frame.offset !== a.offset) return this.subscribe(false)
    for (const row of frame.instruments) a.rows.push(row)
    a.next++
    if (a.next < a.pages) return this.set({ progress: a.next / a.pages })
    this.assembly = null
    this.waiting = null
    this.epoch = a.epoch
    this.offset = a.offset
    this.fleet.replace(a.institutions, a.rows)
    this.set({ progress: 1, hasData: true })
    this.caughtUp()
  }

  private onDelta(frame: DeltaFrame): void {
    if (this.waiting) {
      // Between the pages of one snapshot there is no delta; before its first page they are simply older than it.
      if (this.assembly) this.subscribe(false)
      return
    }
    if (frame.after > this.offset) return this.subscribe(true)
    if (frame.offset <= this.offset) return
    for (const change of frame.changes) {
      if (!this.apply(change)) return this.subscribe(false)
    }
    this.fleet.settle()
    this.offset = frame.offset
    if (frame.coalesced) this.set({ coalesced: this.state.coalesced + frame.coalesced })
    this.caughtUp()
  }

  /** False for a change of what is not held, which means that something was missed. */
  private apply(change: Change): boolean {
    switch (change.kind) {
      case 'state':
        return this.fleet.applyState(change)
      case 'row':
        this.fleet.applyRow(change)
        return true
      case 'left':
        this.fleet.applyLeft(change.id)
        return true
      case 'alert':
        for (const listener of this.alertListeners) listener(change)
        return true
    }
  }

  private onHeartbeat(frame: HeartbeatFrame): void {
    this.clockSkew = frame.server_time - this.env.now()
    if (this.waiting || frame.after === null || frame.offset === null) return
    if (frame.after > this.offset) return this.subscribe(true)
    this.offset = Math.max(this.offset, frame.offset)
    this.caughtUp()
  }

  /** What is shown is the present again, if everything up to the target is held. */
  private caughtUp(): void {
    if (this.waiting || this.offset < this.target || this.state.status === 'live') return
    this.cancelDeadline?.()
    this.cancelDeadline = null
    const { staleSince: from, away } = this.state
    const last = from === null ? away : { from, until: this.env.now(), recovered: this.recovering }
    this.set({ status: 'live', staleSince: null, attempts: 0, refused: '', away: last })
  }

  private lost(refused = ''): void {
    const { hasData, staleSince, attempts } = this.state
    this.drop()
    const n = attempts + 1
    this.set({
      status: refused ? 'refused' : 'reconnecting',
      refused,
      attempts: n,
      progress: 0,
      // What is shown was true when the last frame came, not when the loss was noticed.
      staleSince: hasData ? (staleSince ?? this.lastFrameAt) : null,
    })
    this.cancelRetry?.()
    this.cancelRetry = this.env.later(() => {
      this.cancelRetry = null
      this.open()
    }, refused ? BACKOFF_MAX_MS : backoff(n, this.env.random()))
  }

  /** Gives up the present connection without announcing anything. */
  private drop(): void {
    this.generation++
    this.cancelWatchdog?.()
    this.cancelDeadline?.()
    this.cancelWatchdog = this.cancelDeadline = null
    this.assembly = null
    this.waiting = 'subscribed'
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

  private armDeadline(): void {
    this.cancelDeadline?.()
    this.cancelDeadline = this.env.later(() => this.lost(), SNAPSHOT_MS)
  }

  private send(frame: ClientFrame): void {
    this.connection?.send(JSON.stringify(frame))
  }

  private set(change: Partial<LiveState>): void {
    Object.assign(this.state, change)
    this.onState(this.state)
  }
}
