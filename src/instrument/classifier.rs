use crate::domain::{InstrumentState, Reading};
use dayi_models::{Calibrator, Classifier, Level, Sample, ThresholdClassifier, ThresholdModel};
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

/// The instrument's own model, and the calibration that will replace it.
///
/// It starts from the rated current, learns the instrument's levels from its first hours, and then keeps them.
pub(crate) struct InstrumentClassifier {
    serving: ThresholdClassifier,
    calibrator: Option<Box<Calibrator>>,
    name: Arc<str>,
}

/// The rated current assumed where nobody entered one, in ampere: a 10 A outlet.
pub(crate) const DEFAULT_RATED_A: f32 = 10.0;

impl InstrumentClassifier {
    /// A classifier for an instrument whose plate says `rated_a` ampere; `calibrated` is the model it calibrated in an
    /// earlier run of the server.
    pub(crate) fn new(rated_a: Option<f32>, calibrated: Option<ThresholdModel>) -> Self {
        let calibrator = calibrated.is_none().then(|| Box::new(Calibrator::new(rated_a)));
        let model = calibrated.unwrap_or_else(|| ThresholdModel::from_rated(rated_a.unwrap_or(DEFAULT_RATED_A)));
        let serving = ThresholdClassifier::new(model);
        let name = serving.name().into();
        Self { serving, calibrator, name }
    }

    /// The model's name, such as `threshold-v1`.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Feeds the calibration. When it has seen enough, the new model serves from now on and is returned as JSON.
    pub(crate) fn calibrate(&mut self, reading: &Reading) -> Option<String> {
        let calibrator = self.calibrator.as_mut()?;
        calibrator.observe(sample(reading));
        if !calibrator.is_ready() {
            return None;
        }
        let finished = calibrator.finish();
        self.calibrator = None;
        let model = finished.ok()?;
        let json = serde_json::to_string(&model).ok();
        self.serving.set_model(model);
        json
    }

    /// What the instrument does, seen from this reading on. `None` while there is no verdict.
    pub(crate) fn observe(&mut self, reading: &Reading) -> Option<Seen> {
        let verdict = self.serving.observe(sample(reading))?;
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
