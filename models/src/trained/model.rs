//! One instrument's trained model.

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use crate::features::{FEATURES, Present, Scale};
use crate::filter::StickyFilter;
use crate::network::Weights;
use crate::sample::Level;
use crate::training::TrainingConfig;

/// All that one instrument's classifier knows: its scale, its network, its filter and the rules beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedModel {
    pub(super) frame: Frame,
    pub(super) weights: Weights,
}

impl TrainedModel {
    /// The method and its version.
    pub const NAME: &'static str = "mlp-v1";

    /// How its network is to be trained: the learning rate and epochs at which its figures were measured.
    #[must_use]
    pub fn training() -> TrainingConfig {
        TrainingConfig { epochs: 50, learning_rate: 0.03, ..TrainingConfig::default() }
    }

    /// The normalisation of the features.
    #[must_use]
    pub fn scale(&self) -> &Scale {
        &self.frame.scale
    }

    /// The network's parameters.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The filter behind the network.
    #[must_use]
    pub fn filter(&self) -> &StickyFilter {
        &self.frame.filter
    }

    /// Whether a level was among the labels it was trained on.
    #[must_use]
    pub fn has_seen(&self, level: Level) -> bool {
        self.frame.prior.seen()[level.index()]
    }

    /// The logarithms of the probabilities the network gives to each level; not a number where it fails.
    pub(super) fn log_posterior(&self, row: &[f32; FEATURES]) -> [f32; 3] {
        self.frame.prior.log_posterior(&self.weights, row)
    }

    /// Whether the rule beside the network says off.
    pub(super) fn rules_off(&self, present: &Present) -> bool {
        self.frame.off_rule.says_off(present)
    }

    /// Whether currents like the present one were seen while training.
    pub(super) fn knows(&self, present: &Present) -> bool {
        self.frame.familiar.knows(present.place)
    }
}
