//! What calibration and classification share: time between samples, a guard against spikes, a scale.

use serde::{Deserialize, Serialize};

/// Currents (A) well below this are all "about zero" on the logarithmic scale.
pub(crate) const SCALE_FLOOR_A: f32 = 0.01;

/// The scale on which levels are told apart: ln(I + 10 mA). Ratios count for large currents, differences
/// for currents near zero, so that one step of a coarse sensor is no level of its own.
pub(crate) fn to_scale(current_a: f32) -> f32 {
    (current_a + SCALE_FLOOR_A).ln()
}

/// The current (A) at a place on the scale, the inverse of [`to_scale`].
pub(crate) fn from_scale(x: f32) -> f32 {
    (x.exp() - SCALE_FLOOR_A).max(0.0)
}

/// Knows the usual interval between an instrument's samples, and so which intervals are gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cadence {
    last_ms: Option<i64>,
    usual_ms: f32,
}

/// The time between a sample and the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// The time (ms) covered: 0 for the first sample, capped at a few usual intervals over a gap.
    pub(crate) covered_ms: i64,
    /// Whether so much is missing in between that what came before says little.
    pub(crate) gap: bool,
}

impl Cadence {
    /// An interval counts for at most this many usual ones.
    const CAP: f32 = 4.0;
    /// A silence shorter than this (ms) is no gap, however dense the samples are otherwise.
    const SHORTEST_GAP_MS: i64 = 60_000;
    /// The longest interval (ms) taken for usual: one hour.
    const LONGEST_MS: f32 = 3_600_000.0;

    /// Goes on to a sample's time; `None` if it is not later than the last one.
    pub(crate) fn advance(&mut self, ts_ms: i64) -> Option<Step> {
        let Some(last_ms) = self.last_ms else {
            self.last_ms = Some(ts_ms);
            return Some(Step { covered_ms: 0, gap: true });
        };
        if ts_ms <= last_ms {
            return None;
        }
        self.last_ms = Some(ts_ms);
        let passed_ms = ts_ms.saturating_sub(last_ms);
        let interval_ms = (passed_ms as f32).min(Self::LONGEST_MS);
        // A running median of a sort: up or down by a twentieth, whatever the distance.
        self.usual_ms = if self.usual_ms == 0.0 {
            interval_ms.min(Self::SHORTEST_GAP_MS as f32)
        } else if interval_ms > self.usual_ms {
            (self.usual_ms * 1.05).min(interval_ms)
        } else {
            (self.usual_ms / 1.05).max(interval_ms)
        };
        let cap_ms = (Self::CAP * self.usual_ms) as i64;
        let gap = passed_ms > cap_ms.max(Self::SHORTEST_GAP_MS);
        Some(Step { covered_ms: passed_ms.min(cap_ms), gap })
    }
}

/// The median of the last three values: a single spike never passes, a step passes one sample late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Median3 {
    before: [f32; 2],
    held: u8,
}

impl Median3 {
    /// Takes a value and gives the median; of one or two values the latest.
    pub(crate) fn push(&mut self, value: f32) -> f32 {
        let [a, b] = self.before;
        self.before = [b, value];
        self.held = (self.held + 1).min(3);
        if self.held < 3 {
            return value;
        }
        a.max(b).min(a.min(b).max(value))
    }

    /// Whether three values or more were seen since the last gap.
    pub(crate) fn is_full(&self) -> bool {
        self.held == 3
    }

    /// Forgets the values before a gap.
    pub(crate) fn clear(&mut self) {
        self.held = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cadence_learns_the_interval_and_caps_gaps() {
        let mut cadence = Cadence::default();
        let mut ts_ms = 0;
        for _ in 0..200 {
            ts_ms += 10_000;
            cadence.advance(ts_ms);
        }
        assert_eq!(cadence.advance(ts_ms), None);
        assert_eq!(cadence.advance(ts_ms - 1), None);
        let short = cadence.advance(ts_ms + 30_000).unwrap();
        assert_eq!(short, Step { covered_ms: 30_000, gap: false });
        let long = cadence.advance(ts_ms + 3_000_000).unwrap();
        assert!(long.gap && long.covered_ms < 50_000, "{long:?}");
    }

    #[test]
    fn slow_sensors_have_no_gaps_at_their_own_pace() {
        let mut cadence = Cadence::default();
        let last = (0..100).filter_map(|i| cadence.advance(i * 300_000)).last().unwrap();
        assert_eq!(last, Step { covered_ms: 300_000, gap: false });
    }

    #[test]
    fn a_single_spike_does_not_pass_the_median() {
        let mut median = Median3::default();
        let out: Vec<f32> = [1.0, 1.0, 9.0, 1.0, 5.0, 5.0, 5.0].into_iter().map(|v| median.push(v)).collect();
        assert_eq!(out, [1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0]);
    }

    #[test]
    fn scale_goes_there_and_back() {
        for current_a in [0.0, 0.0087, 0.5, 30.0] {
            assert!((from_scale(to_scale(current_a)) - current_a).abs() < 1e-4 * (1.0 + current_a));
        }
    }
}
