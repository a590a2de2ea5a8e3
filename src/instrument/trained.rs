use crate::domain::InstrumentId;
use dayi_models::{Sample, Verdict};
use std::sync::Arc;

/// A model trained on labels, as it runs in an actor.
pub struct Trained {
    name: Arc<str>,
}

impl Trained {
    /// # Errors
    /// stub
    pub fn unpack(_artifact: &[u8], instrument: &InstrumentId, version: i64) -> Result<Self, String> {
        Ok(Self { name: format!("mlp-v1@{version}{instrument}").into() })
    }
    /// # Errors
    /// stub
    pub fn manifest(_artifact: &[u8], _i: &InstrumentId) -> Result<serde_json::Value, String> {
        Ok(serde_json::Value::Null)
    }
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }
    pub(crate) fn observe(&mut self, _s: Sample) -> Option<Verdict> {
        None
    }
    pub(crate) fn take_drift(&mut self) -> Option<String> {
        None
    }
}
