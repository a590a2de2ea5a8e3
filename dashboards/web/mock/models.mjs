/** Calibrations and models for the mock: nothing is calculated, it only looks like it. */
const HOUR = 3_600_000

const level = (state, from_a, to_a, typical_a, share, confidence, more = {}) =>
  ({ state, proposed: state, named: false, from_a, to_a, typical_a, share, confidence, told_by: 'current', ...more })

/** By the instrument's number: waiting, calibrating, calibrated with a person's names, told by activity. */
export function levels(i) {
  const kind = Number(/\d+$/.exec(i.id)?.[0] ?? 0) % 4
  const on = (i.rated ?? 10) * 0.2
  const off = on * 0.25
  if (kind === 0) {
    const items = [level('off', 0, off, null, 0, 0), level('standby', off, on, null, 0, 0), level('on', on, null, null, 0, 0)]
    return { stage: 'waiting', covered_ms: 0.4 * HOUR, needed_ms: 24 * HOUR, items }
  }
  if (kind === 1) {
    const items = [level('off', 0, off, 0, 0.41, 0.55), level('standby', off, on, off * 2, 0.59, 0.71), level('on', on, null, null, 0, 0)]
    return { stage: 'calibrating', covered_ms: 5.27 * HOUR, needed_ms: 24 * HOUR, items }
  }
  const shared = { told_by: 'activity' }
  const items = kind === 2
    ? [level('off', 0, off, 0, 0.41, 0.93), level('standby', off, on, off * 2, 0.39, 1, { named: true, proposed: 'on' }), level('on', on, null, on * 2, 0.2, 1, { named: true })]
    : [level('off', 0, on, off, 0.96, 0.95, shared), level('standby', 0, on, off, 0.96, 0.95, shared), level('on', on, null, on * 2, 0.04, 0.97)]
  return { stage: 'calibrated', covered_ms: 240.4 * HOUR, needed_ms: 24 * HOUR, items }
}

/** Every fourth instrument has a trained model. */
export function models(i) {
  if (Number(/\d+$/.exec(i.id)?.[0] ?? 0) % 4 !== 2) return { serving: null, versions: [], promotions: [] }
  const at = Date.now() - 50 * HOUR
  const verdict = {
    candidate: { macro_f1: 0.979, false_transitions_per_day: 0.4 },
    incumbent: { macro_f1: 0.964, false_transitions_per_day: 2.1 },
    incumbent_model: 'threshold-v1', judged_days: 0.5, problems: [],
  }
  return {
    serving: 1,
    versions: [{ version: 1, at, serving: true, manifest: { model: 'mlp-v1', version: 1 }, verdict }],
    promotions: [{ number: 1, version: 1, author: 'gate', reason: 'macro-F1 0.979 against 0.964 of threshold-v1', at }],
  }
}

export function drifts() {
  return [{ instrument: 'zj-00002', model: 'mlp-v1@1', at: Date.now() - 2 * HOUR, details: {}, proposal: 'retrain' }]
}
