use super::levels::{self, Levels};
use super::trained::Trained;
use crate::domain::{InstrumentState, LevelName, Reading};
use dayi_models::{Classifier, Sample, SelfCalibrating};
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

/// What turns an instrument's readings into its state.
///
/// Without labels that is its own calibration: it starts from the rated current and goes over to what it learns of the
/// instrument's levels from its own readings, often at first and once a day later. Once a model trained on labels was
/// promoted that one serves; the calibration goes on learning behind it, so that it can take over again at once.
pub(crate) struct InstrumentClassifier {
    calibration: SelfCalibrating,
    names: Vec<LevelName>,
    trained: Option<Box<Trained>>,
    calibrated_name: Arc<str>,
}

impl InstrumentClassifier {
    /// A classifier for an instrument whose plate says `rated_a` ampere; `learned` is what an earlier run of the server
    /// learned of it, `names` what a person calls its levels, `trained` the model that was promoted.
    pub(crate) fn new(
        rated_a: Option<f32>,
        learned: Option<SelfCalibrating>,
        names: Vec<LevelName>,
        trained: Option<Box<Trained>>,
    ) -> Self {
        let calibration = learned.map_or_else(|| SelfCalibrating::new(rated_a), SelfCalibrating::restarted);
        let calibrated_name = calibration.name().into();
        Self { calibration, names, trained, calibrated_name }
    }

    /// The name of the model that serves, such as `threshold-v1` or, with its version, `mlp-v1@3`.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.trained.as_ref().map_or(&self.calibrated_name, |trained| trained.versioned_name())
    }

    /// Another model serves from the next reading on; it is shown the `recent` readings (UTC milliseconds, ampere)
    /// first, so that it does not start blind.
    pub(crate) fn serve(&mut self, model: Option<Box<Trained>>, recent: &[(i64, f32)]) {
        self.trained = model;
        if let Some(trained) = &mut self.trained {
            for &(ts_ms, current_a) in recent {
                trained.observe(Sample { ts_ms, current_a });
            }
        }
    }

    /// A person calls the calibration's levels so.
    pub(crate) fn name_levels(&mut self, names: Vec<LevelName>) {
        self.names = names;
    }

    /// What the calibration found; its first stretch is over after `needed_ms` of readings.
    pub(crate) fn levels(&self, needed_ms: i64) -> Levels {
        levels::found(&self.calibration, &self.names, needed_ms)
    }

    /// Learns from the reading. When a better calibration serves from now on, everything learned is returned as JSON.
    pub(crate) fn learn(&mut self, reading: &Reading) -> Option<String> {
        self.calibration.learn(sample(reading)).then(|| serde_json::to_string(&self.calibration).ok()).flatten()
    }

    /// What the instrument does, seen from this reading on. `None` while there is no verdict.
    pub(crate) fn observe(&mut self, reading: &Reading) -> Option<Seen> {
        let calibrated = self.calibration.classify(sample(reading));
        if let Some(trained) = &mut self.trained {
            let verdict = trained.observe(sample(reading))?;
            let state = levels::state_of(verdict.level);
            return Some(Seen { state, confidence: verdict.confidence, since_ms: verdict.since_ms });
        }
        let verdict = calibrated?;
        let (state, _) = levels::called(self.calibration.model(), &self.names, verdict.level);
        Some(Seen { state, confidence: verdict.confidence, since_ms: verdict.since_ms })
    }

    /// What the trained model saw drift, once.
    pub(crate) fn drift(&mut self) -> Option<String> {
        self.trained.as_mut().and_then(|trained| trained.take_drift())
    }
}

fn sample(reading: &Reading) -> Sample {
    Sample { ts_ms: reading.ts_ms, current_a: reading.current_a }
}
