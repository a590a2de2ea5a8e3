//! From the stream of readings to features.

use serde::{Deserialize, Serialize};

use super::bins::{Bin, Part, Ring};
use super::spans::Spans;
use super::{FEATURES, Scale};
use crate::sample::Sample;
use crate::signal::{Cadence, Median3, to_scale};

/// The last hour of one instrument, as far as features need it: less than 2 KB, whatever the sensor's pace.
///
/// Every value counts by the time it stands for: since the reading before, but at most a few usual intervals, so
/// that a silence is not evidence. What happened before a gap leaves the windows as time passes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureWindow {
    cadence: Cadence,
    median: Median3,
    rings: [Ring; 5],
    spans: Spans,
    present: Present,
}

/// What rules beside the network ask of the present.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Present {
    /// The guarded current on the scale ln(I + 10 mA).
    pub(crate) place: f32,
    /// The time (s) the last reading stands for.
    pub(crate) covered_s: f32,
    /// The time (s) since the current was above the sensor's zero.
    pub(crate) quiet_s: f32,
    /// The low time (s) within the last five minutes, and the share of it above zero.
    pub(crate) low_s: f32,
    pub(crate) activity: f32,
}

impl Default for FeatureWindow {
    fn default() -> Self {
        Self::new()
    }
}

impl FeatureWindow {
    /// A window that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cadence: Cadence::default(),
            median: Median3::default(),
            // 15 s, 60 s, 5 min, 15 min, 60 min.
            rings: [(3_000, 5), (10_000, 6), (30_000, 10), (60_000, 15), (300_000, 12)].map(|(w, n)| Ring::new(w, n)),
            spans: Spans::new(),
            present: Present { place: 0.0, covered_s: 0.0, quiet_s: 0.0, low_s: 0.0, activity: 0.0 },
        }
    }

    /// Takes a sample and gives the features of the window up to it, each within ±[`Scale::LIMIT`] and finite.
    /// `None`, and nothing changed, where the current is not plausible or the sample is not newer than the last.
    pub fn push(&mut self, s: Sample, scale: &Scale) -> Option<[f32; FEATURES]> {
        let row = self.push_bare(s, scale)?;
        Some(scale.apply(row)).filter(|row| row.iter().all(|f| f.is_finite()))
    }

    /// The same before normalisation.
    pub(crate) fn push_bare(&mut self, s: Sample, scale: &Scale) -> Option<[f32; FEATURES]> {
        /// The first reading and those of one instant stand for a moment all the same.
        const MOMENT_S: f32 = 1e-3;
        let current_a = s.plausible_current()?;
        let step = self.cadence.advance(s.ts_ms)?;
        if step.gap {
            self.median.clear();
        }
        let unguarded = to_scale(current_a);
        let value = self.median.push(unguarded);
        let seconds = (step.covered_ms as f32 / 1e3).max(MOMENT_S);
        let part = if value >= scale.high() {
            Part::High
        } else if current_a >= scale.zero_a() {
            Part::Active
        } else {
            Part::Zero
        };
        self.spans.observe(part, seconds);
        let [w15, w60, w300, w900, w3600] = self.rings.each_mut().map(|ring| ring.push(s.ts_ms, value, part, seconds));
        self.look(value, seconds, &w300);
        let log = |s: f32, unit_s: f32| (1.0 + s / unit_s).ln();
        Some([
            unguarded,
            value,
            w15.mean(),
            w15.max(),
            w60.mean(),
            w60.deviation(),
            w300.max(),
            w900.mean(),
            w900.max(),
            w3600.mean(),
            log(self.spans.low_s, 5.0),
            w300.activity(),
            log(self.spans.work_s, 60.0),
            w3600.high(),
            log(self.spans.quiet_s, 5.0),
            w300.high(),
        ])
    }

    fn look(&mut self, place: f32, covered_s: f32, five_minutes: &Bin) {
        let (low_s, activity) = (five_minutes.low_s(), five_minutes.bare_activity());
        self.present = Present { place, covered_s, quiet_s: self.spans.quiet_s, low_s, activity };
    }

    /// What the last sample showed.
    pub(crate) fn present(&self) -> Present {
        self.present
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Level;

    fn scale() -> Scale {
        Scale::learn(&[], &[] as &[Option<Level>], 1.0)
    }

    #[test]
    fn it_takes_less_than_two_kilobytes() {
        let window = FeatureWindow::new();
        let heap: usize = window.rings.iter().map(Ring::heap_bytes).sum();
        let all = size_of::<FeatureWindow>() + heap;
        assert!(all <= 2_048, "{all}");
    }

    #[test]
    fn features_are_finite_and_bounded_whatever_comes() {
        let mut window = FeatureWindow::new();
        let currents = [0.0, f32::NAN, 1.0, f32::INFINITY, -0.2, 9_999.0, -7.0, 0.0087, 1e30];
        for (i, &current_a) in currents.iter().cycle().take(400).enumerate() {
            let s = Sample { ts_ms: (i * i) as i64 * 977, current_a };
            let row = window.push(s, &scale());
            assert_eq!(row.is_some(), s.plausible_current().is_some(), "{s:?}");
            assert!(row.is_none_or(|r| r.iter().all(|f| f.abs() <= Scale::LIMIT)));
        }
    }

    #[test]
    fn what_is_not_newer_changes_nothing() {
        let mut window = FeatureWindow::new();
        window.push(Sample { ts_ms: 5_000, current_a: 1.0 }, &scale());
        let before = window.clone();
        assert_eq!(window.push(Sample { ts_ms: 5_000, current_a: 2.0 }, &scale()), None);
        assert_eq!(window.push(Sample { ts_ms: 4_000, current_a: 2.0 }, &scale()), None);
        assert_eq!(window.push(Sample { ts_ms: 6_000, current_a: f32::NAN }, &scale()), None);
        assert_eq!(window, before);
    }

    #[test]
    fn a_snapshot_goes_on_where_it_was() {
        let mut window = FeatureWindow::new();
        let sample = |i: i64| Sample { ts_ms: i * 2_300, current_a: if i % 90 < 40 { 2.0 } else { 0.1 } };
        for i in 0..900 {
            window.push(sample(i), &scale());
        }
        let mut thawed: FeatureWindow = serde_json::from_str(&serde_json::to_string(&window).unwrap()).unwrap();
        for i in 900..1_200 {
            assert_eq!(window.push(sample(i), &scale()), thawed.push(sample(i), &scale()));
        }
    }
}
