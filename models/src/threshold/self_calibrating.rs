//! `threshold-v1` as it lives in an instrument's actor.

use serde::{Deserialize, Serialize};

use super::{ThresholdClassifier, ThresholdModel};
use crate::calibration::Calibrator;
use crate::sample::{Classifier, Sample, Verdict};

/// A threshold classifier that learns while it serves: it starts from the rated current, or without one
/// from the first quarter of an hour, and goes over to a better model as more was seen. Less than 1 KB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfCalibrating {
    serving: ThresholdClassifier,
    calibrator: Calibrator,
}

impl SelfCalibrating {
    /// For an instrument of which nothing was seen; `rated_a` is its rated current (A) where known.
    #[must_use]
    pub fn new(rated_a: Option<f32>) -> Self {
        let calibrator = Calibrator::new(rated_a);
        Self { serving: ThresholdClassifier::new(calibrator.model_so_far()), calibrator }
    }

    /// The model that serves now.
    #[must_use]
    pub fn model(&self) -> &ThresholdModel {
        self.serving.model()
    }

    /// Time covered by the readings it learned from, ms; gaps do not count.
    #[must_use]
    pub fn covered_ms(&self) -> i64 {
        self.calibrator.covered_ms()
    }

    /// As after a restart: what was learned is kept, what was seen last is not, so that an old level is not
    /// taken for the present one.
    #[must_use]
    pub fn restarted(self) -> Self {
        Self { serving: ThresholdClassifier::new(self.model().clone()), ..self }
    }

    /// Learns from a sample; whether a new model serves from now on.
    pub fn learn(&mut self, s: Sample) -> bool {
        self.calibrator.observe(s);
        let due = self.calibrator.due_model();
        due.map(|model| self.serving.set_model(model)).is_some()
    }

    /// What the model that serves now says of a sample.
    pub fn classify(&mut self, s: Sample) -> Option<Verdict> {
        self.serving.observe(s)
    }
}

impl Classifier for SelfCalibrating {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        self.learn(s);
        self.classify(s)
    }

    fn name(&self) -> &str {
        self.serving.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Level;

    #[test]
    fn a_restart_keeps_what_was_learned_and_forgets_what_was_seen_last() {
        let mut before = SelfCalibrating::new(Some(10.0));
        let mut learned = 0;
        for i in 0..4 * 3_600 {
            let current_a = if i % 1_200 < 600 { 0.4 } else { 3.0 };
            learned += i32::from(before.learn(Sample { ts_ms: i * 1_000, current_a }));
            before.classify(Sample { ts_ms: i * 1_000, current_a });
        }
        assert!(learned > 0);
        let frozen = serde_json::to_string(&before).unwrap();
        let mut after = serde_json::from_str::<SelfCalibrating>(&frozen).unwrap().restarted();
        assert_eq!(after.model(), before.model());
        let start_ms = 5 * 3_600_000;
        let said: Vec<_> =
            (0..3).map(|i| after.observe(Sample { ts_ms: start_ms + i * 1_000, current_a: 0.4 })).collect();
        let first = said.iter().flatten().next().unwrap();
        assert_eq!(first.level, Level::Standby, "not the on it was in four hours ago");
        assert!(first.since_ms >= start_ms);
    }
}
