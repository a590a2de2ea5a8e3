import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { api, type Drift, type Level, type Models } from '@/api/client'
import { comparisonOf, coveredOf, digitsFor, driftOf, originOf, overruled, rowsOf, servingOf, sureness } from '@/model/summary'
import { useModel } from '@/model/useModel'

const HOUR = 3_600_000

const level = (state: string, more: Partial<Level> = {}): Level => ({
  state,
  proposed: state,
  named: false,
  from_a: 0,
  to_a: 2,
  typical_a: 0.8,
  share: 0.4,
  confidence: 0.8,
  told_by: 'current',
  ...more,
})

const score = (macro_f1: number, false_transitions_per_day: number) => ({ macro_f1, false_transitions_per_day })

const trained = (serving: number | null, author = 'gate'): Models => ({
  serving,
  versions: [3, 2].map((version) => ({
    version,
    at: version * 1000,
    serving: version === serving,
    manifest: { model: 'mlp-v1' },
    verdict: { candidate: score(0.98, 0.5), incumbent: score(0.96, 2) },
  })),
  promotions: [{ number: 7, version: serving, author, reason: 'why', at: 5000 }],
})

const untrained: Models = { serving: null, versions: [], promotions: [] }

describe('a model', () => {
  it('tells by its name where it comes from', () => {
    expect(originOf('threshold-v1')).toEqual({ kind: 'own' })
    expect(originOf('mlp-v1@3')).toEqual({ kind: 'trained', version: 3 })
    expect(originOf('something')).toEqual({ kind: 'other' })
    expect(originOf('')).toEqual({ kind: 'none' })
  })

  it('is sure in words', () => {
    expect([1, 0.9, 0.89, 0.6, 0.59, 0].map(sureness)).toEqual(['certain', 'certain', 'fairly', 'fairly', 'unsure', 'unsure'])
  })

  it('that serves is the one the state names, until the list is there', () => {
    expect(servingOf('mlp-v1@3', null)).toMatchObject({ origin: { kind: 'trained', version: 3 }, promotion: null })
    const own = servingOf('threshold-v1', untrained)
    expect(own).toEqual({ origin: { kind: 'own' }, name: 'threshold-v1', promotion: null, handingOver: false })
    expect(servingOf('mlp-v1@3', trained(3))).toMatchObject({ name: 'mlp-v1@3', promotion: { number: 7 }, handingOver: false })
  })

  it('that was just promoted serves before the state changes', () => {
    const next = servingOf('threshold-v1', trained(3))
    expect(next).toMatchObject({ origin: { kind: 'trained', version: 3 }, name: 'mlp-v1@3', handingOver: true })
    expect(servingOf('mlp-v1@2', trained(3))).toMatchObject({ name: 'mlp-v1@3', handingOver: true })
    const back = servingOf('mlp-v1@3', trained(null, '王老师'))
    expect(back).toMatchObject({ origin: { kind: 'own' }, name: '', promotion: { author: '王老师' }, handingOver: true })
  })

  it('before any verdict is the instrument’s own calibration', () => {
    expect(servingOf('', untrained)).toMatchObject({ origin: { kind: 'own' }, handingOver: false })
    expect(servingOf('', null).origin.kind).toBe('none')
  })

  it('that passed the comparison has its figures, one that a person promoted has not', () => {
    const models = trained(3)
    expect(comparisonOf(models, models.promotions[0]!)).toEqual({ f1: [0.98, 0.96], falseChanges: [0.5, 2] })
    const chosen = trained(3, '王老师')
    expect(comparisonOf(chosen, chosen.promotions[0]!)).toBeNull()
    models.versions[0]!.verdict = null
    expect(comparisonOf(models, models.promotions[0]!)).toBeNull()
  })

  it('has drifted while it serves', () => {
    const drift = (instrument: string, proposal: string | null, at: number): Drift => ({
      instrument,
      model: 'mlp-v1@3',
      at,
      details: {},
      proposal,
    })
    const all = [drift('b', 'retrain', 9), drift('a', null, 8), drift('a', 'retrain', 7), drift('a', 'retrain', 6)]
    expect(driftOf(all, 'a')?.at).toBe(7)
    expect(driftOf(all.slice(0, 2), 'a')).toBeNull()
  })
})

describe('a calibration', () => {
  it('counts the hours it has seen', () => {
    expect(coveredOf({ covered_ms: 5.27 * HOUR, needed_ms: 24 * HOUR })).toMatchObject({ seen: 5.2, needed: 24 })
    expect(coveredOf({ covered_ms: HOUR / 12, needed_ms: 24 * HOUR })).toMatchObject({ seen: 0.08 })
    expect(coveredOf({ covered_ms: 48 * HOUR, needed_ms: 24 * HOUR }).part).toBe(1)
    expect(coveredOf({ covered_ms: 0, needed_ms: 0 }).part).toBe(1)
  })

  it('shows once what off and standby share when activity tells them apart', () => {
    const shared = { told_by: 'activity' }
    const spans = (levels: Level[]) => rowsOf(levels).map((row) => row.span)
    const on = level('on', { from_a: 2, to_a: null })
    expect(spans([level('off', shared), level('standby', shared), on])).toEqual([2, 0, 1])
    expect(spans([level('off'), level('standby'), on])).toEqual([1, 1, 1])
    expect(spans([])).toEqual([])
  })

  it('uses digits that tell small levels apart', () => {
    expect(digitsFor([level('off', { to_a: 0.6 }), level('on', { from_a: 0.6, to_a: null })])).toBe(2)
    expect(digitsFor([level('off', { to_a: 0.108 }), level('on', { from_a: 0.108, to_a: null })])).toBe(3)
    expect(digitsFor([])).toBe(2)
  })

  it('remembers what the rules proposed where a person said otherwise', () => {
    expect(overruled(level('standby', { named: true, proposed: 'on' }))).toBe('on')
    expect(overruled(level('on', { named: true }))).toBeNull()
    expect(overruled(level('on', { proposed: 'off' }))).toBeNull()
  })
})

describe('the card’s data', () => {
  const found = { stage: 'calibrated' as const, covered_ms: 1, needed_ms: 1, items: [] }
  const settled = () => vi.advanceTimersByTimeAsync(0)

  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  function setup(models: Models) {
    const calls = {
      levels: vi.spyOn(api, 'levels').mockResolvedValue(found),
      models: vi.spyOn(api, 'models').mockResolvedValue(models),
      drifts: vi.spyOn(api, 'drifts').mockResolvedValue({ items: [] }),
    }
    const id = ref('a')
    const stateModel = ref('threshold-v1')
    const scope = effectScope()
    return { calls, id, stateModel, scope, card: scope.run(() => useModel(id, stateModel))! }
  }

  it('is fetched at once, every minute, and when another model decides', async () => {
    const { calls, stateModel, scope, card } = setup(trained(3))
    await settled()
    expect(card.levels.value.data).toEqual(found)
    expect(card.drifts.value.data).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(calls.levels).toHaveBeenCalledTimes(2)
    stateModel.value = 'mlp-v1@3'
    await settled()
    expect(calls.levels).toHaveBeenCalledTimes(3)
    scope.stop()
    await vi.advanceTimersByTimeAsync(300_000)
    expect(calls.levels).toHaveBeenCalledTimes(3)
  })

  it('asks for drifts only where a trained model serves', async () => {
    const { calls, scope } = setup(untrained)
    await settled()
    expect(calls.models).toHaveBeenCalledOnce()
    expect(calls.drifts).not.toHaveBeenCalled()
    scope.stop()
  })

  it('stays when a refresh fails, and is another instrument’s never', async () => {
    const { calls, id, scope, card } = setup(untrained)
    await settled()
    calls.levels.mockRejectedValueOnce(new Error('down'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(card.levels.value).toMatchObject({ data: found, failed: true })

    let answerLate: (value: typeof found) => void = () => {}
    calls.levels.mockReturnValueOnce(new Promise((resolve) => (answerLate = resolve)))
    id.value = 'b'
    await settled()
    expect(card.levels.value).toEqual({ data: null, at: 0, failed: false })
    calls.levels.mockRejectedValueOnce(new Error('down'))
    id.value = 'c'
    await settled()
    answerLate(found)
    await settled()
    expect(card.levels.value).toMatchObject({ data: null, failed: true })
    scope.stop()
  })
})
