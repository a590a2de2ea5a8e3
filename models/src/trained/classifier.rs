//! A trained model at work.

use serde::{Deserialize, Serialize};

use super::model::TrainedModel;
use crate::features::{FEATURES, FeatureWindow};
use crate::filter::FilterState;
use crate::sample::{Classifier, Level, Sample, Verdict};

/// Runs a [`TrainedModel`] over one instrument's readings: constant time and less than 2.5 KB beside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedClassifier {
    model: TrainedModel,
    memory: Memory,
}

/// What a [`TrainedClassifier`] remembers of its instrument's readings: all that it knows beside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    window: FeatureWindow,
    filter: FilterState,
    posterior: Option<[f32; 3]>,
    features: Option<[f32; FEATURES]>,
    confidence: f32,
}

impl TrainedClassifier {
    /// The most confidence where the level or the current was never seen while training.
    pub const STRANGE: f32 = 0.5;
    /// What one reading moves the confidence.
    const FRESH: f32 = 0.2;

    /// A classifier that has seen nothing yet.
    #[must_use]
    pub fn new(model: TrainedModel) -> Self {
        let memory = Memory {
            window: FeatureWindow::new(),
            filter: FilterState::default(),
            posterior: None,
            features: None,
            confidence: 0.0,
        };
        Self { model, memory }
    }

    /// What it remembers, for [`Self::recall`].
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Goes on where another run of the same model was.
    pub fn recall(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// The model it runs.
    #[must_use]
    pub fn model(&self) -> &TrainedModel {
        &self.model
    }

    /// Goes over to another model of the same instrument: the window and the level stay, the evidence begins anew.
    pub fn set_model(&mut self, model: TrainedModel) {
        self.model = model;
        self.memory.filter.forget_evidence();
    }

    /// What the network said of the last reading, in the order off, standby, on, before filter and rules.
    #[must_use]
    pub fn posterior(&self) -> Option<[f32; 3]> {
        self.memory.posterior
    }

    /// The normalised features of the last reading.
    #[must_use]
    pub fn last_features(&self) -> Option<&[f32; FEATURES]> {
        self.memory.features.as_ref()
    }

    /// How sure to be of a level after a reading.
    fn settle_confidence(&mut self, level: Level, changed: bool, posterior: [f32; 3]) -> f32 {
        let strange = !self.model.has_seen(level) || !self.model.knows(&self.memory.window.present());
        let now = posterior[level.index()].min(if strange { Self::STRANGE } else { 1.0 });
        let weight = if changed { 1.0 } else { Self::FRESH };
        let confidence = &mut self.memory.confidence;
        *confidence = (*confidence + weight * (now - *confidence)).clamp(0.0, 1.0);
        *confidence
    }
}

impl Classifier for TrainedClassifier {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        /// The rule is no more than an even guess.
        const BY_RULE: [f32; 3] = [0.5, 0.25, 0.25];
        let row = self.memory.window.push(s, self.model.scale())?;
        let present = self.memory.window.present();
        self.memory.features = Some(row);
        let said = self.model.log_posterior(&row);
        self.memory.posterior = said.iter().all(|l| l.is_finite()).then(|| said.map(f32::exp));
        let logs = if self.model.rules_off(&present) { BY_RULE.map(f32::ln) } else { said };
        let before = self.memory.filter.held().map(|h| h.level);
        let held = self.memory.filter.step(self.model.filter(), s.ts_ms, present.covered_s, &logs)?;
        let confidence = self.settle_confidence(held.level, before != Some(held.level), logs.map(f32::exp));
        Some(Verdict { level: held.level, confidence, since_ms: held.since_ms })
    }

    fn name(&self) -> &str {
        TrainedModel::NAME
    }
}
