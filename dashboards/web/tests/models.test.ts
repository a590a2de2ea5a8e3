import { describe, expect, it, vi } from 'vitest'
import type { Edit, Stroke } from '@/api/models'
import type { Interval } from '@/chart/intervals'
import { comparedOf, objections, recallOf } from '@/model/compare'
import { changesOf } from '@/model/drift'
import { allIds, benchTab, fleetQuery, questionOf } from '@/model/fleet'
import { figuresOf, said } from '@/model/joblog'
import { actsOf, agreed, amountOf, drawn, holds, painted, undoable, type Painted } from '@/model/strokes'

const HOUR = 3_600_000
const span = (start: number, end: number, state: string): Painted => ({ start, end, state })
const interval = (start: number, end: number | null, state: string) =>
  ({ seq: start, start, end, state, confidence: 1, cause: 'model', model: 'threshold-v1' }) as Interval

describe('the address of the models', () => {
  it('passes over what does not belong there', () => {
    expect(questionOf({ tab: 'moon', needs: 'sleep', page: '-2' })).toEqual(questionOf({}))
    expect(fleetQuery(questionOf({ needs: 'train', q: 'sem', page: '3' }), 50)).toEqual({
      needs: 'train',
      q: 'sem',
      unit: undefined,
      class: undefined,
      limit: 50,
      offset: 100,
    })
  })

  it('leads to where the most urgent need is met', () => {
    expect(benchTab(['name-levels', 'review'])).toBe('compare')
    expect(benchTab(['name-levels'])).toBe('levels')
    expect(benchTab([])).toBe('labels')
  })

  it('finds every id, also where the server gives fewer than was asked for', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }))
    const ask = vi.fn(async (offset: number) => ({ total: 5, items: all.slice(offset, offset + 2) }))
    expect(await allIds(ask)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(ask).toHaveBeenCalledTimes(3)
    expect(await allIds(async () => ({ total: 9, items: [] }))).toEqual([])
  })
})

describe('strokes', () => {
  it('paint over what was there, and erase', () => {
    const labels = [span(0, 100, 'on')]
    const strokes: Stroke[] = [
      { start: 40, end: 60, state: 'standby' },
      { start: 50, end: 80, state: null },
    ]
    expect(painted(labels, strokes)).toEqual([span(0, 40, 'on'), span(40, 50, 'standby'), span(80, 100, 'on')])
  })

  it('agree with the model where nobody said anything, and only up to now', () => {
    const said = [interval(0, 50, 'off'), interval(50, 70, 'offline'), interval(70, null, 'on')]
    expect(agreed(said, [span(10, 20, 'standby')], { from: 5, to: 200 }, 100)).toEqual([
      { start: 5, end: 10, state: 'off' },
      { start: 20, end: 50, state: 'off' },
      { start: 70, end: 100, state: 'on' },
    ])
  })

  it('catch a change of the model that is near, and stay in the past', () => {
    const said = [interval(0, 500, 'off'), interval(500, null, 'on')]
    expect(drawn({ from: 493, to: 800 }, 'on', said, 10, 1000)).toEqual({ start: 500, end: 800, state: 'on' })
    expect(drawn({ from: 480, to: 2000 }, null, said, 10, 1000)).toEqual({ start: 480, end: 1000, state: null })
    // Both ends would catch the same change: what was drawn counts.
    expect(drawn({ from: 495, to: 505 }, 'on', said, 10, 1000)).toEqual({ start: 495, end: 505, state: 'on' })
    expect(drawn({ from: 1001, to: 1010 }, 'on', said, 0, 1000)).toBeNull()
  })

  it('say how much is labelled of the newest two weeks', () => {
    expect(amountOf([])).toMatchObject({ total: 0, worth: 'none', missing: ['off', 'standby', 'on'] })
    const day = 24 * HOUR
    const old = span(0, day, 'on')
    const labels = [old, span(20 * day, 20 * day + 13 * HOUR, 'off')]
    expect(amountOf(labels)).toMatchObject({ total: 13, worth: 'thin', missing: ['standby', 'on'] })
    expect(amountOf([...labels, span(21 * day, 24 * day, 'on')]).worth).toBe('well')
    expect(amountOf([span(0, HOUR, 'on')]).worth).toBe('little')
  })

  it('of one drag are undone together, and only one’s own', () => {
    const edit = (number: number, at: number, author: string, undone_at: number | null = null) =>
      ({ edit: number, at, author, undone_at, undone_by: undone_at && 'x', start: 0, end: 1, state: 'on' }) as Edit
    const acts = actsOf([edit(5, 30, '王'), edit(4, 20, '李'), edit(3, 20, '李'), edit(2, 10, '李', 15)])
    expect(acts.map((act) => act.edits.length)).toEqual([1, 2, 1])
    expect(undoable(acts, '李')?.edits.map((one) => one.edit)).toEqual([4, 3])
    expect(undoable(acts.slice(2), '李')).toBeNull()
    expect(acts.map(holds)).toEqual([true, true, false])
  })
})

describe('a comparison', () => {
  const verdict = {
    candidate: { macro_f1: 0.98, accuracy: 0.9, false_transitions_per_day: 2, delay_p50_s: 10, late_share: 0.2 },
    incumbent_model: 'threshold-v1',
    incumbent: { macro_f1: 0.9, accuracy: 0.9, false_transitions_per_day: 1, delay_p50_s: null, late_share: 0.1 },
    judged_days: 0.5,
    problems: [{ kind: 'more_false_transitions', detail: '2 are more than 1' }],
  }

  it('says what is better, whether more or less is', () => {
    const compared = comparedOf({ verdict, manifest: {} })!
    const better = Object.fromEntries(compared.rows.map((row) => [row.figure.key, row.better]))
    expect(better).toEqual({ macro_f1: 'yes', accuracy: 'same', false_transitions_per_day: 'no', delay_p50_s: null, late_share: 'no' })
    expect(compared).toMatchObject({ incumbent: 'threshold-v1', judgedDays: 0.5, problems: verdict.problems })
    expect(objections({ verdict })).toBe(1)
  })

  it('of an imported version is the one it was exported with, or none', () => {
    expect(comparedOf({ verdict: null, manifest: { metrics: verdict } })!.rows[0]!.candidate).toBe(0.98)
    expect(comparedOf({ verdict: null, manifest: { metrics: { candidate: null } } })).toBeNull()
    expect(objections({ verdict: null })).toBe(0)
  })
})

describe('confusion', () => {
  const judged = (confusion: unknown) =>
    comparedOf({ verdict: { candidate: { macro_f1: 1 }, incumbent: {}, candidate_confusion: confusion }, manifest: {} })!.confusions.candidate
  it('has silence as its last column', () => {
    const rows = judged({ seconds: [[50, 10, 0], [0, 30, 0], [0, 0, 0]], silent_s: [20, 0, 0] })!
    expect(rows).toEqual([[50, 10, 0, 20], [0, 30, 0, 0], [0, 0, 0, 0]])
    expect(recallOf(rows[0]!, 0)).toBeCloseTo(50 / 80)
    expect(recallOf(rows[2]!, 2)).toBeNull()
  })

  it('is none where nobody wrote it down', () => {
    expect(judged(undefined)).toBeNull()
    expect(judged({ seconds: [[0, 0, 0], [0, 0, 0], [0, 0, 0]], silent_s: [0, 0, 0] })).toBeNull()
  })
})

describe('words', () => {
  it('are found for what a training says', () => {
    expect(said('3 instruments to train')).toMatchObject({ key: 'started', values: { n: '3' } })
    expect(said('sem-1: version 2 serves from now on: macro-F1 0.98')).toMatchObject({ key: 'promoted', tone: 'good', values: { id: 'sem-1', version: '2' } })
    expect(said('sem-1: version 2 is kept back: it is no better')).toMatchObject({ key: 'kept', tone: 'warn' })
    expect(said('sem-1: no model: only 12 plausible readings carry a label, at least 200 are needed: label more of them')).toMatchObject({
      key: 'tooFew',
      values: { id: 'sem-1', n: '12', needed: '200' },
    })
    expect(said('sem-1: no model: the disk is full')).toMatchObject({ key: 'failed', values: { why: 'the disk is full' } })
    expect(said('something new')).toBeNull()
    expect(figuresOf('macro-F1 0.977 against 0.481 of threshold-v1, false transitions a day 0.0 against 6.8; it is no better')).toEqual({
      new: '0.977',
      old: '0.481',
      newFalse: '0.0',
      oldFalse: '6.8',
    })
    expect(figuresOf('the disk is full')).toBeNull()
  })

  it('say once what changed, however many features tell it', () => {
    const feature = (name: string, outside: number) => ({ feature: name, level: 'on', from: [0, 1], to: 2, outside })
    const details = {
      features: [feature('mean of 60 s, log', 0.9), feature('mean of 15 s, log', 0.8), feature('a new one', 0.5)],
      entropy: [{ level: 'standby', from: 0.1, to: 0.6 }],
      untaught: ['off'],
    }
    expect(changesOf({ details })).toEqual([
      { what: 'untaught', level: 'off' },
      { what: 'feature', level: 'on', name: 'mean of 60 s, log', outside: 0.9 },
      { what: 'feature', level: 'on', name: 'a new one', outside: 0.5 },
      { what: 'unsure', level: 'standby' },
    ])
    expect(changesOf({ details: {} })).toEqual([])
  })
})
