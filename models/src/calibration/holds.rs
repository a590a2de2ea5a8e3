//! Learning from run lengths: pauses inside a run, thermostats, heater pulses.

use super::runs::{RunLengths, RunTracker};
use crate::threshold::Holds;

/// Too little was watched to speak of a rhythm below this (s).
const RHYTHM_FROM_S: f32 = 6.0 * 3_600.0;

/// Whether the load switches by itself around the clock, as a compressor or a thermostat does: many
/// rests of minutes to two hours, and none much longer than the usual one.
pub(crate) fn is_cyclic(runs: &RunTracker) -> bool {
    let rests = &runs.low;
    runs.watched_s() >= RHYTHM_FROM_S
        && rests.count() >= 8
        && (120.0..=7_200.0).contains(&rests.median_s())
        && rests.longest_s <= 4.0 * rests.median_s()
}

/// Whether short pulses come around the clock: a heater that keeps a standby warm, not work.
fn is_pulsing(runs: &RunTracker) -> bool {
    runs.watched_s() >= RHYTHM_FROM_S
        && runs.high.count() >= 100
        && runs.high.median_s() <= 20.0
        && runs.low.longest_s <= 3_600.0
}

/// The holds that fit these runs.
pub(crate) fn learn(runs: &RunTracker) -> Holds {
    let usual = Holds::default();
    if is_pulsing(runs) {
        Holds { enter_on_ms: pulse_ms(&runs.high), ..usual }
    } else if is_cyclic(runs) {
        usual
    } else {
        Holds { leave_on_ms: pause_ms(&runs.low).max(usual.leave_on_ms), ..usual }
    }
}

/// A length (ms) that all but a few of the pulses stay under, at most a minute.
fn pulse_ms(pulses: &RunLengths) -> i64 {
    let few = pulses.count() / 50;
    let edge_s = pulses.split_at_edges().find(|s| s.longer <= few).map_or(60.0, |s| s.edge_s.min(60.0));
    (edge_s * 1e3) as i64
}

/// The longest pause (ms) that is taken for part of a run, 0 if none is.
///
/// Taking rests up to H for pauses wins their time, and something for each flap avoided; each longer
/// rest is then noticed H late, which counts half as much again. The H that wins most.
fn pause_ms(rests: &RunLengths) -> i64 {
    /// What a flap avoided is worth, s.
    const FLAP_S: f32 = 120.0;
    /// What a second of lateness costs.
    const LATE: f32 = 1.5;
    /// The longest pause looked for, s.
    const LONGEST_S: f32 = 600.0;

    let mut best = (0.0, 0.0);
    for split in rests.split_at_edges().take_while(|s| s.edge_s <= LONGEST_S) {
        let gain = split.shorter_s + FLAP_S * split.shorter as f32 - LATE * split.edge_s * split.longer as f32;
        if gain > best.1 {
            best = (split.edge_s, gain);
        }
    }
    (best.0 * 1e3) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs as (above, seconds).
    fn tracker(runs: impl IntoIterator<Item = (bool, f32)>) -> RunTracker {
        let mut tracker = RunTracker::default();
        for (above, seconds) in runs {
            tracker.observe(above, seconds);
        }
        tracker.close();
        tracker
    }

    #[test]
    fn a_compressor_is_cyclic_and_held_shortly() {
        let runs = tracker((0..20).flat_map(|i| [(true, 1_200.0), (false, 2_000.0 + 50.0 * i as f32)]));
        assert!(is_cyclic(&runs));
        assert_eq!(learn(&runs), Holds::default());
    }

    #[test]
    fn pauses_inside_programs_are_held_over() {
        // Two programs a day of ten fillings with pauses of 100 s, nights between.
        let program = || (0..10).flat_map(|_| [(true, 300.0), (false, 100.0)]);
        let runs = tracker((0..6).flat_map(|_| program().chain([(true, 300.0), (false, 30_000.0)])));
        assert!(!is_cyclic(&runs));
        let held = learn(&runs).leave_on_ms;
        assert!((100_000..=180_000).contains(&held), "{held}");
    }

    #[test]
    fn long_rests_alone_need_no_hold() {
        let runs = tracker((0..6).flat_map(|_| [(true, 5_000.0), (false, 30_000.0)]));
        assert_eq!(learn(&runs).leave_on_ms, Holds::default().leave_on_ms);
    }

    #[test]
    fn pulses_around_the_clock_are_not_work() {
        let runs = tracker((0..400).flat_map(|_| [(true, 8.0), (false, 90.0)]));
        assert_eq!(learn(&runs).enter_on_ms, 12_000);
    }
}
