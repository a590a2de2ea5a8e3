use super::levels::{self, Levels};
use crate::domain::LevelName;
use dayi_models::{Classifier, Sample, SelfCalibrating, Verdict};

/// What a calibration learned and saw last.
pub(crate) type CalibrationMemory = SelfCalibrating;

/// An instrument's calibration with the names a person gave its levels, as it serves without a trained model.
pub struct NamedCalibration {
    calibration: SelfCalibrating,
    names: Vec<LevelName>,
}

impl NamedCalibration {
    /// From what was `learned` of the instrument in an earlier run, or its rated current, in ampere.
    #[must_use]
    pub fn new(rated_a: Option<f32>, learned: Option<SelfCalibrating>, names: Vec<LevelName>) -> Self {
        let calibration = learned.map_or_else(|| SelfCalibrating::new(rated_a), SelfCalibrating::restarted);
        Self { calibration, names }
    }

    /// What it learned and saw last.
    pub(crate) fn memory(&self) -> CalibrationMemory {
        self.calibration.clone()
    }

    /// Goes on where an earlier run was.
    pub(crate) fn recall(&mut self, memory: CalibrationMemory) {
        self.calibration = memory;
    }

    /// A person calls the levels so.
    pub(crate) fn set_names(&mut self, names: Vec<LevelName>) {
        self.names = names;
    }

    /// Whether a person named any level.
    pub(crate) fn is_named(&self) -> bool {
        !self.names.is_empty()
    }

    /// Learns from a sample; whether a better calibration serves from now on.
    pub(crate) fn learn(&mut self, s: Sample) -> bool {
        self.calibration.learn(s)
    }

    /// What the calibration that serves now says of a sample, under the levels' names.
    pub(crate) fn classify(&mut self, s: Sample) -> Option<Verdict> {
        let verdict = self.calibration.classify(s)?;
        let (state, _) = levels::called(self.calibration.model(), &self.names, verdict.level);
        Some(Verdict { level: levels::level_of(state).unwrap_or(verdict.level), ..verdict })
    }

    /// What was learned, as JSON.
    pub(crate) fn to_json(&self) -> Option<String> {
        serde_json::to_string(&self.calibration).ok()
    }

    /// What was found; the first stretch is over after `needed_ms` of readings.
    pub(crate) fn levels(&self, needed_ms: i64) -> Levels {
        levels::found(&self.calibration, &self.names, needed_ms)
    }
}

impl Classifier for NamedCalibration {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        self.learn(s);
        self.classify(s)
    }

    fn name(&self) -> &str {
        self.calibration.name()
    }
}
