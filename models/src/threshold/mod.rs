//! `threshold-v1`: two cuts with holds, from the rated current or from a calibration.

mod activity;
mod classifier;
mod model;
mod self_calibrating;

pub(crate) use activity::Activity;
pub use classifier::ThresholdClassifier;
pub(crate) use model::usable_rated;
pub use model::{Holds, LevelStats, LowRule, Origin, ThresholdModel};
pub use self_calibrating::SelfCalibrating;
