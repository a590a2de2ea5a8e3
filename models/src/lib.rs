//! The state models of dayi: from one current sensor to on, standby or off.
//!
//! The way of a reading through this crate:
//!
//! 1. [`sample`]: the words shared by all models: [`Sample`], [`Level`], [`Verdict`] and the trait [`Classifier`].
//! 2. [`calibration`]: a [`Calibrator`] watches an instrument without labels in bounded memory and learns its levels.
//! 3. [`threshold`]: a [`ThresholdModel`] (from the rated current or from a calibration) run by a [`ThresholdClassifier`];
//!    [`SelfCalibrating`] does all of it for one instrument.
//! 4. [`features`]: what a network sees of an instrument's window.
//! 5. [`network`]: the small network of one instrument, as a burn module and by hand.
//! 6. [`training`]: many instruments' networks trained at once.
//! 7. [`filter`]: from a network's posteriors to levels that stay.
//! 8. [`trained`]: `mlp-v1`, all of that for one instrument: prepare, train, assemble, classify.
//! 9. [`artifact`]: a trained model as bytes that can be trusted.
//! 10. [`drift`]: whether an instrument still behaves as its model was taught.
//! 11. [`trace`]: recorded readings with reference labels, read from CSV.
//! 12. [`evaluation`]: how well a method does on recorded traces, in figures that can be compared.
//!
//! Nothing here reads a clock, a socket or a setting: time comes with the samples.

pub mod artifact;
pub mod calibration;
pub mod drift;
pub mod evaluation;
pub mod features;
pub mod filter;
pub mod network;
pub mod sample;
mod signal;
pub mod threshold;
pub mod trace;
pub mod trained;
pub mod training;

pub use calibration::{CalibrationError, Calibrator};
pub use sample::{Classifier, Level, Sample, Verdict};
pub use threshold::{SelfCalibrating, ThresholdClassifier, ThresholdModel};
pub use trace::Trace;
pub use trained::{TrainedClassifier, TrainedModel};
