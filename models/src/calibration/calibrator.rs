//! The streaming calibrator.

use serde::{Deserialize, Serialize};

use super::CalibrationError;
use super::histogram::{Histogram, ZERO_A};
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
    runs: RunTracker,
    activity: Activity,
    /// Seconds below the cut, by the share of the last minutes above zero, in tenths.
    activity_s: [f32; 10],
}

impl Calibrator {
    /// Covered time (ms) below which nothing is learned: two hours.
    pub const MIN_COVERED_MS: i64 = 2 * 3_600_000;
    /// How often (ms of covered time) the cut for the runs is looked at again.
    const CUT_EVERY_MS: i64 = 1_800_000;

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
            runs: RunTracker::default(),
            activity: Activity::default(),
            activity_s: [0.0; 10],
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
        }
        let unguarded_a = current_a;
        let current_a = self.median.push(unguarded_a);
        let covered_s = step.covered_ms as f32 / 1e3;
        self.covered_ms = self.covered_ms.saturating_add(step.covered_ms);
        self.histogram.add(current_a, covered_s);
        if let Some(on_cut_a) = self.on_cut_a {
            self.runs.observe(current_a >= on_cut_a, covered_s);
        }
        if self.base_cut_a.is_some_and(|base_cut_a| current_a < base_cut_a) {
            self.activity.observe(unguarded_a >= ZERO_A, step.covered_ms, 1.0);
            let tenth = ((self.activity.share() * 10.0) as usize).min(9);
            self.activity_s[tenth] += covered_s;
        }
        if self.covered_ms >= self.cuts_due_ms {
            self.cuts_due_ms = self.covered_ms.saturating_add(Self::CUT_EVERY_MS);
            self.look_at_cuts();
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
            self.activity_s = [0.0; 10];
            self.base_cut_a = base_a;
        }
        if !keep_on {
            self.runs = RunTracker::default();
            self.on_cut_a = on_a;
        }
    }

    fn evidence(&self) -> naming::Evidence<'_> {
        naming::Evidence {
            histogram: &self.histogram,
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

    /// Whether enough was seen for a model that beats the rated current: two hours covered, and more
    /// than one level (or one level and a rated current to name it by).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.covered_ms >= Self::MIN_COVERED_MS
            && (self.rated_a.is_some() || naming::structure(&self.evidence()).is_some())
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
