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

    /// What was learned so far.
    #[must_use]
    pub fn calibrator(&self) -> &Calibrator {
        &self.calibrator
    }
}

impl Classifier for SelfCalibrating {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        self.calibrator.observe(s);
        if let Some(model) = self.calibrator.due_model() {
            self.serving.set_model(model);
        }
        self.serving.observe(s)
    }

    fn name(&self) -> &str {
        self.serving.name()
    }
}
