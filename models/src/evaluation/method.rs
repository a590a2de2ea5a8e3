//! What can be evaluated: a method learns from a trace's first part and says levels for the rest.

use super::baseline::{KMeans, MaxThreshold};
use super::trained::Trained;
use crate::calibration::Calibrator;
use crate::sample::{Classifier, Level};
use crate::threshold::{SelfCalibrating, ThresholdClassifier, ThresholdModel};
use crate::trace::Trace;

/// A way to tell levels from samples, to be compared with others.
pub trait Method: Send + Sync {
    /// The name by which it is chosen and reported.
    fn name(&self) -> &str;

    /// The level said at each of `trace.samples[split..]`. May learn from everything before `split`,
    /// and for the rest only from samples up to the one in question; the level at the end of the first
    /// part carries over.
    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>>;
}

/// The names [`method`] knows.
pub const METHODS: [&str; 5] = ["threshold", "kmeans", "calibrated", "calibrated-live", "trained"];

/// A name that is not in [`METHODS`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a method: expected one of {known}", known = METHODS.join(", "))]
pub struct UnknownMethod(pub String);

/// The method of that name: `threshold` (cuts at 5 and 20 % of the maximum), `kmeans` (the calibrated levels
/// with a fixed debounce of 10 s), `calibrated` (`threshold-v1`: calibrated on the first part without labels,
/// learned holds), `calibrated-live` (the same, learning on all the time as an actor may), `trained` (`mlp-v1`:
/// features, network and filter trained on the first part's labels).
///
/// # Errors
/// [`UnknownMethod`].
pub fn method(name: &str) -> Result<Box<dyn Method>, UnknownMethod> {
    match name {
        "threshold" => Ok(Box::new(MaxThreshold)),
        "kmeans" => Ok(Box::new(KMeans)),
        "calibrated" => Ok(Box::new(Calibrated)),
        "calibrated-live" => Ok(Box::new(Live)),
        "trained" => Ok(Box::new(Trained)),
        other => Err(UnknownMethod(other.to_owned())),
    }
}

/// The calibrated threshold classifier, its model left alone after the first part.
struct Calibrated;

impl Method for Calibrated {
    fn name(&self) -> &str {
        "calibrated"
    }

    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>> {
        follow(&mut ThresholdClassifier::new(calibrate(trace, split)), trace, split)
    }
}

/// The threshold classifier that goes on learning, from the first sample to the last.
struct Live;

impl Method for Live {
    fn name(&self) -> &str {
        "calibrated-live"
    }

    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>> {
        follow(&mut SelfCalibrating::new(None), trace, split)
    }
}

/// The model that an actor would have after watching `trace.samples[..split]`.
pub(super) fn calibrate(trace: &Trace, split: usize) -> ThresholdModel {
    let mut calibrator = Calibrator::new(None);
    for &s in &trace.samples[..split] {
        calibrator.observe(s);
    }
    calibrator.model_so_far()
}

/// Runs a classifier over the whole trace and keeps what it said from `split` on; where it says
/// nothing its last word holds.
pub(super) fn follow(classifier: &mut dyn Classifier, trace: &Trace, split: usize) -> Vec<Option<Level>> {
    let mut last = None;
    let mut said = Vec::with_capacity(trace.samples.len() - split);
    for (i, &s) in trace.samples.iter().enumerate() {
        last = classifier.observe(s).map(|v| v.level).or(last);
        if i >= split {
            said.push(last);
        }
    }
    said
}
