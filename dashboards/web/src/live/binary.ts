import { STATES, type Change, type Institution, type InstrumentRow, type LargeFrame } from './protocol'

const SNAPSHOT = 1
const DELTA = 2
const READING = 3

/** The causes in the order of their codes. */
const CAUSES = ['model', 'deadline', 'last-will', 'restart', 'manual'] as const

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the compact form of the large frames. Instruments have numbers there: which is which is learned from snapshots and
 * rows, and holds for as long as their epoch does, across connections.
 */
export class Decoder {
  private ids = new Map<number, string>()

  /** Throws a RangeError or TypeError on what is no frame. */
  decode(buffer: ArrayBuffer): LargeFrame {
    const bytes = new Bytes(buffer)
    const frame = this.frame(bytes)
    if (!bytes.atEnd) throw new RangeError('bytes after the end of a frame')
    return frame
  }

  private frame(b: Bytes): LargeFrame {
    switch (b.byte()) {
      case SNAPSHOT: {
        const [epoch, offset, page, pages] = [b.text(), b.uint(), b.uint(), b.uint()]
        if (page === 0) this.ids.clear()
        const institutions = b.list(() => institution(b))
        return { type: 'snapshot', epoch, offset, page, pages, institutions, instruments: b.list(() => this.row(b)) }
      }
      case DELTA: {
        const after = b.uint()
        const offset = after + b.uint()
        const coalesced = b.uint()
        const models = b.list(() => b.text())
        const changes = b.list(() => this.change(b, models))
        return { type: 'delta', after, offset, ...(coalesced > 0 && { coalesced }), changes }
      }
      case READING:
        return { type: 'reading', id: b.text(), readings: b.list((): [number, number] => [b.time(), b.float()]) }
      default:
        throw new RangeError('no frame of this kind')
    }
  }

  private change(b: Bytes, models: string[]): Change {
    switch (b.byte()) {
      case 0: {
        const id = this.id(b.uint())
        const states = b.byte()
        return {
          kind: 'state',
          id,
          from: known(STATES, states & 15),
          state: known(STATES, states >> 4),
          seq: b.uint(),
          at: b.time(),
          confidence: b.float(),
          cause: known(CAUSES, b.byte()),
          model: known(models, b.uint()),
        }
      }
      case 1:
        return { kind: 'row', institution: institution(b), instrument: this.row(b) }
      case 2:
        return { kind: 'left', id: this.id(b.uint()) }
      case 3:
        return { kind: 'alert', id: b.text(), ...JSON.parse(b.text()) }
      default:
        throw new RangeError('no change of this kind')
    }
  }

  private row(b: Bytes): InstrumentRow {
    const number = b.uint()
    const id = b.text()
    this.ids.set(number, id)
    const row: InstrumentRow = [id, b.text(), b.text(), b.text(), b.byte(), b.time(), b.uint(), b.float(), b.float()]
    if (Number.isNaN(row[8])) row[8] = null
    return row
  }

  private id(number: number): string {
    const id = this.ids.get(number)
    if (id === undefined) throw new RangeError('an instrument that was never named')
    return id
  }
}

function known<T>(list: readonly T[], at: number): T {
  const value = list[at]
  if (value === undefined) throw new RangeError('a code without a meaning')
  return value
}

function institution(b: Bytes): Institution {
  return { id: b.text(), name: b.text(), name_en: b.text(), city: b.text(), city_en: b.text() }
}

class Bytes {
  private at = 0
  private last = 0
  private readonly view: DataView

  constructor(private readonly buffer: ArrayBuffer) {
    this.view = new DataView(buffer)
  }

  get atEnd(): boolean {
    return this.at === this.buffer.byteLength
  }

  byte(): number {
    return this.view.getUint8(this.at++)
  }

  /** Seven bits a byte, the lowest first. Numbers past 2^53 do not occur. */
  uint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      if (scale > Number.MAX_SAFE_INTEGER) throw new RangeError('a number that is too long')
    }
  }

  /** The difference from the time before it, its sign in the lowest bit. */
  time(): number {
    const coded = this.uint()
    this.last += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
    return this.last
  }

  text(): string {
    const length = this.uint()
    if (length > this.buffer.byteLength - this.at) throw new RangeError('a text past the end')
    const text = utf8.decode(new Uint8Array(this.buffer, this.at, length))
    this.at += length
    return text
  }

  float(): number {
    const value = this.view.getFloat32(this.at, true)
    this.at += 4
    return value
  }

  list<T>(one: () => T): T[] {
    const items: T[] = []
    for (let left = this.uint(); left > 0; left--) items.push(one())
    return items
  }
}
