import { NOT_ADMITTED, TOO_MANY, type ClientFrame, type ServerFrame } from './protocol'

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

export interface LinkEvents {
  opened(): void
  frame(frame: ServerFrame | ArrayBuffer): void
  /** It is of no use any more: closed, silent, or without what was asked for; `refused` is why the server does not let the client in. */
  lost(refused: string): void
}

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

/** One connection after the other, and the clocks that tell when one is of no use: what is said on it is the client's business. */
export class Link {
  /** When the server spoke last, or the present connection was begun. */
  lastFrameAt = 0

  private connection: Connection | null = null
  private generation = 0
  private cancelWatchdog: (() => void) | null = null
  private cancelDeadline: (() => void) | null = null
  private cancelRetry: (() => void) | null = null

  constructor(
    private readonly env: Env,
    private readonly events: LinkEvents,
  ) {}

  /** Whether something was asked for that is not complete. */
  get expecting(): boolean {
    return this.cancelDeadline !== null
  }

  open(): void {
    const generation = ++this.generation
    const mine = (run: () => void) => generation === this.generation && run()
    this.lastFrameAt = this.env.now()
    this.connection = this.env.connect({
      // What comes of a connection that was given up must not touch the new one.
      opened: () => mine(() => this.events.opened()),
      frame: (frame) =>
        mine(() => {
          this.lastFrameAt = this.env.now()
          this.events.frame(frame)
        }),
      closed: (code, reason) => mine(() => this.events.lost(code === NOT_ADMITTED || code === TOO_MANY ? reason : '')),
    })
    this.armWatchdog()
    this.expect()
  }

  /** Gives up the present connection without announcing anything. */
  drop(): void {
    this.generation++
    this.cancelWatchdog?.()
    this.cancelWatchdog = null
    this.met()
    const connection = this.connection
    this.connection = null
    connection?.close()
  }

  /** Gives up the present connection and the next attempt, too. */
  stop(): void {
    this.drop()
    this.cancelRetry?.()
    this.cancelRetry = null
  }

  /** Opens a new connection after a while: before attempt `n`, or much later if the server did not let the client in. */
  openLater(n: number, refused: boolean): void {
    this.cancelRetry?.()
    this.cancelRetry = this.env.later(() => {
      this.cancelRetry = null
      this.open()
    }, refused ? BACKOFF_MAX_MS : backoff(n, this.env.random()))
  }

  /** Skips what is left of the back-off. */
  retryNow(): void {
    if (!this.cancelRetry) return
    this.cancelRetry()
    this.cancelRetry = null
    this.open()
  }

  /** Something was asked for: from now on it has so long to come. */
  expect(): void {
    this.cancelDeadline?.()
    this.cancelDeadline = this.env.later(() => this.events.lost(''), SNAPSHOT_MS)
  }

  /** It has come. */
  met(): void {
    this.cancelDeadline?.()
    this.cancelDeadline = null
  }

  send(frame: ClientFrame): void {
    this.connection?.send(JSON.stringify(frame))
  }

  /** One timer that re-arms itself for what is left, instead of one per frame. */
  private armWatchdog(): void {
    this.cancelWatchdog?.()
    const left = this.lastFrameAt + SILENCE_MS - this.env.now()
    this.cancelWatchdog = this.env.later(
      () => (this.env.now() - this.lastFrameAt >= SILENCE_MS ? this.events.lost('') : this.armWatchdog()),
      Math.max(1, left),
    )
  }
}
