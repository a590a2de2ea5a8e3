//! A trained model taken apart: the network, which an artifact keeps as tensors, and the rest.

use serde::{Deserialize, Serialize};

use super::familiar::Familiar;
use super::model::TrainedModel;
use super::off_rule::OffRule;
use super::prepare::Prepared;
use super::prior::Prior;
use crate::drift::{Reference, ReferenceBuilder};
use crate::features::{DRAWN, Scale};
use crate::filter::StickyFilter;
use crate::network::Weights;

/// What a [`TrainedModel`] knows beside its network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub(super) scale: Scale,
    pub(super) filter: StickyFilter,
    pub(super) prior: Prior,
    pub(super) familiar: Familiar,
    pub(super) off_rule: OffRule,
}

impl TrainedModel {
    /// The network, and the rest.
    #[must_use]
    pub fn into_parts(self) -> (Frame, Weights) {
        (self.frame, self.weights)
    }

    /// What [`TrainedModel::into_parts`] took apart.
    #[must_use]
    pub fn from_parts(frame: Frame, weights: Weights) -> Self {
        Self { frame, weights }
    }
}

impl Prepared {
    /// What the model sees and says over the training part, to tell drift by.
    #[must_use]
    pub fn reference(&self, model: &TrainedModel) -> Reference {
        let mut reference = ReferenceBuilder::watching(&DRAWN);
        for row in self.replay.rows() {
            reference.add(row, model.log_posterior(row).map(f32::exp));
        }
        reference.build()
    }
}
