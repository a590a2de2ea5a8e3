//! The streaming calibrator.

use serde::{Deserialize, Serialize};

use super::CalibrationError;
use super::ground::{Ground, Noise};
use super::histogram::Histogram;
use super::naming;
use super::runs::RunTracker;
use crate::sample::Sample;
use crate::signal::{Cadence, Median3};
use crate::threshold::{Activity, ThresholdModel, usable_rated};

/// Learns one instrument's levels from its readings, without labels, in less than 1 KB.
///
/// It keeps how long the current stood at which height, how long it stayed above and below the best cut
/// known so far, and how often it left zero: enough to find the levels, name them and learn the holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibrator {
    rated_a: Option<f32>,
    covered_ms: i64,
    cadence: Cadence,
    median: Median3,
    histogram: Histogram,
    /// The lowest cut (A), below which the activity is counted.
    base_cut_a: Option<f32>,
    /// The cut (A) at which the runs are counted.
    on_cut_a: Option<f32>,
    cuts_due_ms: i64,
    model_due_ms: i64,
    halve_due_ms: i64,
    runs: RunTracker,
    activity: Activity,
    /// Seconds below the cut, by the share of the last minutes above the ground, in classes.
    activity_s: [f32; 10],
    /// Where the lowest readings lie: what stands out from there is activity.
    #[serde(default)]
    ground: Ground,
    /// Of the readings below the lowest cut.
    #[serde(default)]
    noise: Noise,
}

impl Calibrator {
    /// Covered time (ms) below which nothing is learned: two hours.
    pub const MIN_COVERED_MS: i64 = 2 * 3_600_000;
    /// How often (ms of covered time) the cut for the runs is looked at again.
    const CUT_EVERY_MS: i64 = 1_800_000;
    /// When (ms of covered time) [`Self::due_model`] gives its first model.
    const FIRST_MODEL_MS: i64 = 900_000;
    /// The longest time (ms, covered) between two models given by [`Self::due_model`]: one day.
    const MODEL_EVERY_MS: i64 = 86_400_000;
    /// How often (ms of covered time) what was seen loses half its weight: two weeks.
    const HALVE_EVERY_MS: i64 = 14 * 86_400_000;

    /// A calibrator that has seen nothing. `rated_a` is the instrument's rated current in ampere,
    /// where it is known.
    #[must_use]
    pub fn new(rated_a: Option<f32>) -> Self {
        Self {
            rated_a: usable_rated(rated_a),
            covered_ms: 0,
            cadence: Cadence::default(),
            median: Median3::default(),
            histogram: Histogram::new(),
            base_cut_a: None,
            on_cut_a: None,
            cuts_due_ms: Self::CUT_EVERY_MS,
            model_due_ms: Self::FIRST_MODEL_MS,
            halve_due_ms: Self::HALVE_EVERY_MS,
            runs: RunTracker::default(),
            activity: Activity::default(),
            activity_s: [0.0; 10],
            ground: Ground::default(),
            noise: Noise::default(),
        }
    }

    /// Takes one sample. Implausible and out-of-order samples are ignored. Constant time, but for a look
    /// over the histogram every half hour of covered time.
    pub fn observe(&mut self, s: Sample) {
        let Some(current_a) = s.plausible_current() else { return };
        let Some(step) = self.cadence.advance(s.ts_ms) else { return };
        if step.gap {
            self.median.clear();
            self.runs.close();
            self.noise.close();
        }
        let unguarded_a = current_a;
        let current_a = self.median.push(unguarded_a);
        let covered_s = step.covered_ms as f32 / 1e3;
        self.covered_ms = self.covered_ms.saturating_add(step.covered_ms);
        self.histogram.add(current_a, covered_s);
        if let Some(on_cut_a) = self.on_cut_a {
            self.runs.observe(current_a >= on_cut_a, covered_s);
        }
        if self.base_cut_a.is_none_or(|base_cut_a| unguarded_a < base_cut_a) {
            self.noise.observe(unguarded_a);
        } else {
            self.noise.close();
        }
        if self.base_cut_a.is_some_and(|base_cut_a| current_a < base_cut_a) {
            self.activity.observe(unguarded_a >= self.ground.cut_a, step.covered_ms, 1.0);
            let class = (self.activity.share() / self.ground.activity_class()) as usize;
            self.activity_s[class.min(9)] += covered_s;
        }
        if self.covered_ms >= self.cuts_due_ms {
            self.cuts_due_ms = self.covered_ms.saturating_add(Self::CUT_EVERY_MS);
            self.look_at_cuts();
        }
        if self.covered_ms >= self.halve_due_ms {
            self.halve_due_ms = self.covered_ms.saturating_add(Self::HALVE_EVERY_MS);
            self.histogram.halve();
            self.runs.halve();
            self.noise.halve();
            self.activity_s = self.activity_s.map(|s| 0.5 * s);
        }
    }

    /// Takes the cuts the histogram shows now; what was counted at others is dropped if they part the
    /// time differently.
    fn look_at_cuts(&mut self) {
        let found = naming::structure(&self.evidence());
        let same = |old: Option<f32>, new: Option<f32>| match (old, new) {
            (Some(old), Some(new)) => self.histogram.same_side(old, new),
            (None, None) => true,
            _ => false,
        };
        let (base_a, on_a) = (found.map(|f| f.base_cut_a), found.map(|f| f.on_cut_a));
        let (keep_base, keep_on) = (same(self.base_cut_a, base_a), same(self.on_cut_a, on_a));
        if !keep_base {
            // Above zero the lowest cut depends on what the activity says of the ground: it is kept.
            if self.ground.at_a == 0.0 {
                self.activity_s = [0.0; 10];
            }
            self.base_cut_a = base_a;
        }
        if !keep_on {
            self.runs = RunTracker::default();
            self.on_cut_a = on_a;
        }
        self.look_at_ground();
    }

    /// Takes the lowest readings the histogram shows now; activity counted above others is dropped.
    fn look_at_ground(&mut self) {
        /// Cuts closer than this (share) are the same.
        const SAME: f32 = 0.1;

        let low_a = self.base_cut_a.unwrap_or(f32::INFINITY);
        let ground = Ground::of(&self.histogram, self.noise.deviation_a(), low_a);
        let moved = (ground.cut_a / self.ground.cut_a - 1.0).abs() > SAME;
        if moved || ground.activity_class() != self.ground.activity_class() {
            self.activity_s = [0.0; 10];
            self.ground = ground;
        }
    }

    fn evidence(&self) -> naming::Evidence<'_> {
        naming::Evidence {
            histogram: &self.histogram,
            base_cut_a: self.base_cut_a,
            ground: self.ground,
            runs: &self.runs,
            runs_cut_a: self.on_cut_a,
            activity_s: &self.activity_s,
            rated_a: self.rated_a,
            covered_ms: self.covered_ms,
        }
    }

    /// Time covered by readings so far, ms; gaps do not count.
    #[must_use]
    pub fn covered_ms(&self) -> i64 {
        self.covered_ms
    }

    /// Whether enough was seen for a model that beats the rated current: two hours covered, and more than
    /// one level. A model from then on still gets better for days: see [`Self::due_model`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.covered_ms >= Self::MIN_COVERED_MS && naming::structure(&self.evidence()).is_some()
    }

    /// A new model when it is time for one: to be asked after every sample. Models come often at first and
    /// once a day later, since each day shows more (measured: macro-F1 0.86 after 2 hours, 0.93 after a day,
    /// 0.94 after two). Where the rated current is known it serves alone for the first two hours, and until
    /// more than one level was seen.
    pub fn due_model(&mut self) -> Option<ThresholdModel> {
        if self.covered_ms < self.model_due_ms {
            return None;
        }
        let wait_ms = (self.covered_ms / 2).clamp(Self::FIRST_MODEL_MS, Self::MODEL_EVERY_MS);
        self.model_due_ms = self.covered_ms.saturating_add(wait_ms);
        let known = self.rated_a.is_some();
        (!known || self.is_ready()).then(|| self.model_so_far())
    }

    /// The model learned so far. The calibrator may go on observing afterwards.
    ///
    /// # Errors
    /// [`CalibrationError::TooShort`] when too little was covered.
    pub fn finish(&self) -> Result<ThresholdModel, CalibrationError> {
        if self.covered_ms < Self::MIN_COVERED_MS {
            return Err(CalibrationError::TooShort { covered_ms: self.covered_ms, needed_ms: Self::MIN_COVERED_MS });
        }
        Ok(self.model_so_far())
    }

    /// The best guess at any time, however little was seen: before two hours are covered from the rated
    /// current if it is known, else from the readings, with little confidence.
    #[must_use]
    pub fn model_so_far(&self) -> ThresholdModel {
        if let Some(rated_a) = self.rated_a.filter(|_| self.covered_ms < Self::MIN_COVERED_MS) {
            return ThresholdModel::from_rated(rated_a);
        }
        naming::model(&self.evidence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::SelfCalibrating;

    #[test]
    fn calibration_and_classification_take_less_than_a_kilobyte() {
        let heap = Histogram::new().heap_bytes();
        let all = size_of::<SelfCalibrating>() + heap;
        assert!(all <= 1_024, "{all}");
    }

    #[test]
    fn models_come_often_at_first_and_daily_later() {
        let mut calibrator = Calibrator::new(None);
        let mut due_h = Vec::new();
        for i in 0..5 * 8_640 {
            calibrator.observe(Sample { ts_ms: i * 10_000, current_a: if i % 720 < 360 { 0.0 } else { 3.0 } });
            if calibrator.due_model().is_some() {
                due_h.push(calibrator.covered_ms() as f64 / 3.6e6);
            }
        }
        let until = |h: f64| due_h.iter().filter(|d| **d <= h).count();
        assert_eq!(due_h.first(), Some(&0.25));
        assert!((5..=7).contains(&until(2.0)) && (10..=14).contains(&until(24.0)), "{due_h:?}");
        assert!(due_h.windows(2).all(|pair| pair[1] - pair[0] <= 24.01), "{due_h:?}");
    }

    #[test]
    fn a_rated_current_serves_until_more_than_one_level_was_seen() {
        let mut calibrator = Calibrator::new(Some(10.0));
        for i in 0..8_640 {
            calibrator.observe(Sample { ts_ms: i * 10_000, current_a: 0.8 });
            assert!(calibrator.due_model().is_none());
        }
    }

    #[test]
    fn old_evidence_loses_weight() {
        let mut calibrator = Calibrator::new(None);
        for i in 0..90 * 1_440 {
            calibrator.observe(Sample { ts_ms: i * 60_000, current_a: 1.0 });
        }
        let held_days = calibrator.histogram.total_s() / 86_400.0;
        assert!((14.0..=28.0).contains(&held_days), "{held_days}");
    }
}
