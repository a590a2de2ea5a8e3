use crate::domain::{InstrumentState, Reading};
use dayi_models::{Classifier, Level, Sample, SelfCalibrating};
use std::sync::Arc;

/// What the instrument seems to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) state: InstrumentState,
    /// 0 to 1.
    pub(crate) confidence: f32,
    /// Since when, UTC milliseconds.
    pub(crate) since_ms: i64,
}

/// The instrument's own model.
///
/// It starts from the rated current and goes over to what it learns of the instrument's levels from its own readings,
/// often at first and once a day later.
pub(crate) struct InstrumentClassifier {
    model: SelfCalibrating,
    name: Arc<str>,
}

impl InstrumentClassifier {
    /// A classifier for an instrument whose plate says `rated_a` ampere; `learned` is what an earlier run of the server
    /// learned of it.
    pub(crate) fn new(rated_a: Option<f32>, learned: Option<SelfCalibrating>) -> Self {
        let model = learned.map_or_else(|| SelfCalibrating::new(rated_a), SelfCalibrating::restarted);
        let name = model.name().into();
        Self { model, name }
    }

    /// The model's name, such as `threshold-v1`.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Learns from the reading. When a better model serves from now on, everything learned is returned as JSON.
    pub(crate) fn learn(&mut self, reading: &Reading) -> Option<String> {
        self.model.learn(sample(reading)).then(|| serde_json::to_string(&self.model).ok()).flatten()
    }

    /// What the instrument does, seen from this reading on. `None` while there is no verdict.
    pub(crate) fn observe(&mut self, reading: &Reading) -> Option<Seen> {
        let verdict = self.model.classify(sample(reading))?;
        let state = match verdict.level {
            Level::Off => InstrumentState::Off,
            Level::Standby => InstrumentState::Standby,
            Level::On => InstrumentState::On,
        };
        Some(Seen { state, confidence: verdict.confidence, since_ms: verdict.since_ms })
    }
}

fn sample(reading: &Reading) -> Sample {
    Sample { ts_ms: reading.ts_ms, current_a: reading.current_a }
}
