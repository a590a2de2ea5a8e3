import { describe, expect, it } from 'vitest'
import { Feed } from '@/wall/feed'

const of = { id: 'i-1', name: '仪器', nameEn: 'Instrument', place: '浙大', placeEn: 'ZJU' }
const change = (seq: number) => ({ kind: 'state', of, seq, from: 2, to: 4, at: seq }) as const
const alert = (at: number) => ({ kind: 'alert', of, about: 'offline', severity: 'serious', cleared: false, at }) as const

describe('the feed', () => {
  it('shows one at a time, the newest first', () => {
    const feed = new Feed()
    for (const seq of [1, 2, 3]) feed.tell(change(seq))
    expect(feed.lines).toEqual([])
    for (let n = 0; n < 5; n++) feed.step()
    expect(feed.lines.map((line) => line.at)).toEqual([3, 2, 1])
  })

  it('shows, keeps waiting or counts each change once', () => {
    const feed = new Feed()
    for (let seq = 1; seq <= 30; seq++) {
      feed.tell(change(seq))
      if (seq % 10 === 0) feed.step()
    }
    while (feed.lines.length + feed.skipped < feed.told) feed.step()
    expect(feed.told).toBe(30)
    expect(new Set(feed.lines.map((line) => line.key)).size).toBe(feed.lines.length)
    expect(feed.lines.length).toBe(6)
  })

  it('lets alerts go first, and drops none of a few', () => {
    const feed = new Feed()
    feed.tell(change(1))
    for (let at = 0; at < 20; at++) feed.tell(alert(at))
    feed.step()
    expect(feed.lines[0]).toMatchObject({ kind: 'alert', at: 0 })
    expect(feed.skipped).toBe(0)
  })

  it('keeps as many lines as can be seen', () => {
    const feed = new Feed()
    for (let seq = 1; seq <= 100; seq++) {
      feed.tell(change(seq))
      feed.step()
    }
    expect(feed.lines.length).toBe(40)
    expect(feed.lines[0]!.at).toBe(100)
  })
})
