//! `threshold-v1`: two cuts with holds, from the rated current or from a calibration.

mod activity;
mod classifier;
mod model;

pub(crate) use activity::Activity;
pub use classifier::ThresholdClassifier;
pub(crate) use model::usable_rated;
pub use model::{Holds, LevelStats, LowRule, Origin, ThresholdModel};
