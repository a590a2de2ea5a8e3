import { Decoder } from './binary'
import type { Fleet } from './fleet'
import { Link, type Env } from './link'
import type {
  AlertChange,
  Change,
  DeltaFrame,
  Format,
  HeartbeatFrame,
  Institution,
  InstrumentRow,
  ServerFrame,
  SnapshotFrame,
  SubscribedFrame,
  Where,
} from './protocol'
import { freshState, type LiveState } from './state'

export interface LiveOptions {
  /** What to see; everything that may be seen if nothing is said. */
  where?: Where
  format?: Format
  /** Without one the browser's session counts. */
  token?: string
}

export type ReadingListener = (readings: [number, number][]) => void
export type AlertListener = (alert: AlertChange) => void

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
  readonly state: LiveState = freshState()
  /** Server clock minus client clock, ms. */
  clockSkew = 0
  /** Names the server's run and what is looked at. */
  epoch = ''
  /** Everything up to here is held. */
  offset = -1

  private readonly link: Link
  private decoder = new Decoder()
  /** What has to come before deltas count. */
  private waiting: 'subscribed' | 'snapshot' | null = 'subscribed'
  /** Up to date is who holds everything up to here. */
  private target = 0
  private recovering = false
  private assembly: Assembly | null = null
  private watched = new Map<string, Set<ReadingListener>>()
  private alertListeners = new Set<AlertListener>()

  constructor(
    private readonly fleet: Fleet,
    private readonly env: Env,
    private readonly onState: (state: LiveState) => void = () => {},
    private readonly options: LiveOptions = {},
  ) {
    const { token } = options
    this.link = new Link(env, {
      opened: () => this.link.send({ type: 'auth', ...(token !== undefined && { token }) }),
      frame: (frame) => this.receive(frame),
      lost: (refused) => this.lost(refused),
    })
  }

  start(): void {
    if (this.state.status !== 'idle') return
    this.set({ status: 'connecting' })
    this.link.open()
  }

  stop(): void {
    this.link.stop()
    this.forget()
    this.set({ status: 'idle', staleSince: this.state.hasData ? (this.state.staleSince ?? this.env.now()) : null })
  }

  /** Skips what is left of the back-off: the network says that it is back. */
  retryNow(): void {
    this.link.retryNow()
  }

  /** Asks for an instrument's readings, now and after every reconnect, until the returned function is called. */
  watch(id: string, listener: ReadingListener): () => void {
    let listeners = this.watched.get(id)
    if (!listeners) {
      listeners = new Set()
      this.watched.set(id, listeners)
      this.link.send({ type: 'watch', instrument: id })
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.watched.get(id) === listeners) {
        this.watched.delete(id)
        this.link.send({ type: 'unwatch', instrument: id })
      }
    }
  }

  /** Hears of alerts until the returned function is called. */
  onAlert(listener: AlertListener): () => void {
    this.alertListeners.add(listener)
    return () => this.alertListeners.delete(listener)
  }

  private receive(data: ServerFrame | ArrayBuffer): void {
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
        for (const id of this.watched.keys()) this.link.send({ type: 'watch', instrument: id })
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
    this.link.expect()
    const { where, format } = this.options
    this.link.send({
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
      if (!this.link.expecting) this.link.expect()
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
    this.link.met()
    const { staleSince: from, away } = this.state
    const last = from === null ? away : { from, until: this.env.now(), recovered: this.recovering }
    this.set({ status: 'live', staleSince: null, attempts: 0, refused: '', away: last })
  }

  private lost(refused: string): void {
    const { hasData, staleSince, attempts } = this.state
    const n = attempts + 1
    this.link.drop()
    this.forget()
    this.set({
      status: refused ? 'refused' : 'reconnecting',
      refused,
      attempts: n,
      progress: 0,
      // What is shown was true when the last frame came, not when the loss was noticed.
      staleSince: hasData ? (staleSince ?? this.link.lastFrameAt) : null,
    })
    this.link.openLater(n, refused !== '')
  }

  /** What was under way on a connection that is gone. */
  private forget(): void {
    this.assembly = null
    this.waiting = 'subscribed'
  }

  private set(change: Partial<LiveState>): void {
    Object.assign(this.state, change)
    this.onState(this.state)
  }
}
