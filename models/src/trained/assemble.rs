//! Joining a trained network and what was prepared to a model.

use super::frame::Frame;
use super::model::TrainedModel;
use super::prepare::Prepared;
use crate::filter;
use crate::network::Weights;

/// Fits the filter on what these weights say of the training part, and joins all to a model.
#[must_use]
pub fn assemble(prepared: &Prepared, weights: Weights) -> TrainedModel {
    let said = prepared.replay.posteriors(|row| prepared.prior.log_posterior(&weights, row));
    let frame = Frame {
        scale: prepared.scale.clone(),
        filter: filter::fit(&said),
        prior: prepared.prior,
        familiar: prepared.familiar,
        off_rule: prepared.off_rule,
    };
    TrainedModel { frame, weights }
}
