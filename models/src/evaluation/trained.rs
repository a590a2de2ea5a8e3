//! The trained method.

use std::ops::ControlFlow;

use super::method::{Method, follow};
use crate::network::ComputeDevice;
use crate::sample::{Level, Sample};
use crate::trace::Trace;
use crate::trained::{TrainedClassifier, TrainedModel, assemble, prepare};
use crate::training::{TrainingConfig, train_stacked};

/// `mlp-v1`, trained on the labels of the first part.
pub(super) struct Trained;

impl Method for Trained {
    fn name(&self) -> &str {
        "trained"
    }

    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>> {
        match train(&trace.samples[..split], &trace.labels[..split], 1) {
            Some(model) => follow(&mut TrainedClassifier::new(model), trace, split),
            // Nothing could be learned: nothing is said, which the figures count as wrong.
            None => vec![None; trace.samples.len() - split],
        }
    }
}

/// Prepares, trains and assembles one model.
fn train(samples: &[Sample], labels: &[Option<Level>], seed: u64) -> Option<TrainedModel> {
    let prepared = prepare(samples, labels, None, seed).ok()?;
    let config = TrainingConfig { threads: 1, ..TrainedModel::training() };
    let sets = [(seed, prepared.training_set())];
    let trained = train_stacked(&sets, &config, &ComputeDevice::flex(), &|_| ControlFlow::Continue(()));
    let weights = trained.into_iter().next()?.ok()?;
    Some(assemble(&prepared, weights))
}
