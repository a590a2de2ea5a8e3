use crate::domain::InstrumentId;
use dayi_models::artifact::{self, Artifact, ArtifactError, Manifest};
use dayi_models::drift::{DriftWatch, Reference, WatchMemory};
use dayi_models::trained::{Frame, Memory, TrainedClassifier, TrainedModel};
use dayi_models::{Classifier, Sample, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A model trained on labels, as it runs in an actor.
pub struct Trained {
    name: Arc<str>,
    classifier: TrainedClassifier,
    watch: DriftWatch,
    trained_to_ms: i64,
    /// What drifted and was not taken yet.
    drift: Option<String>,
}

/// What a trained model remembers of its instrument's readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainedMemory {
    /// Whose memory it is.
    name: String,
    classifier: Memory,
    watch: WatchMemory,
}

/// What an artifact holds beside the network.
#[derive(Serialize, Deserialize)]
struct Body {
    frame: Frame,
    reference: Reference,
}

impl Trained {
    /// A model as bytes, with what its drift is told by.
    ///
    /// # Errors
    /// When a figure is not finite.
    pub fn pack(manifest: &Manifest, model: TrainedModel, reference: Reference) -> Result<Vec<u8>, ArtifactError> {
        let (frame, weights) = model.into_parts();
        artifact::pack(manifest, &weights, &Body { frame, reference })
    }

    /// What [`Trained::pack`] made, to serve the instrument as this version.
    ///
    /// # Errors
    /// What is wrong with the bytes, in words that say what to do.
    pub fn unpack(bytes: &[u8], instrument: &InstrumentId, version: i64) -> Result<Self, String> {
        let Artifact { manifest, weights, body: Body { frame, reference } } = read(bytes, instrument)?;
        Ok(Self {
            name: format!("{}@{version}", manifest.model).into(),
            classifier: TrainedClassifier::new(TrainedModel::from_parts(frame, weights)),
            watch: DriftWatch::new(reference),
            trained_to_ms: manifest.data_to_ms,
            drift: None,
        })
    }

    /// The manifest of bytes that can serve the instrument.
    ///
    /// # Errors
    /// As [`Trained::unpack`].
    pub fn manifest(bytes: &[u8], instrument: &InstrumentId) -> Result<Value, String> {
        serde_json::to_value(read(bytes, instrument)?.manifest).map_err(|error| error.to_string())
    }

    /// Shows it readings (UTC milliseconds, ampere, oldest first) that it does not judge: those newer than what it has
    /// seen. They are no evidence of drift.
    pub fn show(&mut self, readings: &[(i64, f32)]) {
        for &(ts_ms, current_a) in readings {
            self.classifier.observe(Sample { ts_ms, current_a });
        }
    }

    /// The last time (UTC milliseconds) that it was trained on.
    #[must_use]
    pub fn trained_to_ms(&self) -> i64 {
        self.trained_to_ms
    }

    /// What it remembers.
    pub(crate) fn memory(&self) -> TrainedMemory {
        let (classifier, watch) = (self.classifier.memory().clone(), self.watch.memory().clone());
        TrainedMemory { name: self.name.to_string(), classifier, watch }
    }

    /// Goes on where an earlier run of the same version was; another's memory is of no use.
    pub(crate) fn recall(&mut self, memory: TrainedMemory) {
        if *self.name == *memory.name {
            self.classifier.recall(memory.classifier);
            self.watch.recall(memory.watch);
        }
    }

    /// Knows nothing of its instrument but what it was taught.
    pub(crate) fn forget(&mut self) {
        self.classifier = TrainedClassifier::new(self.classifier.model().clone());
        self.watch.reset();
    }

    /// Its name with its version, such as `mlp-v1@3`.
    pub(crate) fn versioned_name(&self) -> &Arc<str> {
        &self.name
    }

    /// What drifted, once.
    pub(crate) fn take_drift(&mut self) -> Option<String> {
        self.drift.take()
    }
}

impl Classifier for Trained {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        let verdict = self.classifier.observe(s);
        if let (Some(features), Some(posterior)) = (self.classifier.last_features(), self.classifier.posterior())
            && let Some(drift) = self.watch.observe(s.ts_ms, features, posterior)
        {
            self.drift = serde_json::to_string(&drift).ok();
        }
        verdict
    }

    fn name(&self) -> &str {
        &self.name
    }
}

fn read(bytes: &[u8], instrument: &InstrumentId) -> Result<Artifact<Body>, String> {
    artifact::unpack(bytes, instrument.as_str()).map_err(|error| error.to_string())
}
