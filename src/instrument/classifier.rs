use super::calibration::NamedCalibration;
use super::levels::{self, Levels};
use super::snapshot::ClassifierMemory;
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
    /// The current on the instrument's plate, in ampere.
    rated_a: Option<f32>,
    calibration: NamedCalibration,
    trained: Option<Box<Trained>>,
    calibrated_name: Arc<str>,
    /// Another model, or other names, serve since the last reading.
    changed: bool,
    /// The first reading that those who serve now judged, UTC milliseconds. What they would have said of the time before
    /// rewrites nothing.
    from_ms: i64,
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
        let calibration = NamedCalibration::new(rated_a, learned, names);
        let calibrated_name = calibration.name().into();
        Self { rated_a, calibration, trained, calibrated_name, changed: false, from_ms: i64::MIN }
    }

    /// What it remembers of its instrument.
    pub(crate) fn memory(&self) -> ClassifierMemory {
        ClassifierMemory {
            calibration: self.calibration.memory(),
            trained: self.trained.as_ref().map(|trained| trained.memory()),
            changed: self.changed,
            from_ms: self.from_ms,
        }
    }

    /// Goes on where an earlier run was.
    pub(crate) fn recall(&mut self, memory: ClassifierMemory) {
        self.calibration.recall(memory.calibration);
        if let (Some(trained), Some(memory)) = (&mut self.trained, memory.trained) {
            trained.recall(memory);
        }
        self.changed = memory.changed;
        self.from_ms = memory.from_ms;
    }

    /// Knows nothing of its instrument but its plate and what it was taught.
    pub(crate) fn forget(&mut self) {
        self.calibration.recall(SelfCalibrating::new(self.rated_a));
        if let Some(trained) = &mut self.trained {
            trained.forget();
        }
    }

    /// The name of the model that serves, such as `threshold-v1` or, with its version, `mlp-v1@3`.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.trained.as_ref().map_or(&self.calibrated_name, |trained| trained.versioned_name())
    }

    /// Another model serves from the next reading on; it is shown the `recent` readings (UTC milliseconds, ampere) that
    /// it does not know first, so that it does not start blind.
    pub(crate) fn serve(&mut self, model: Option<Box<Trained>>, recent: &[(i64, f32)]) {
        self.trained = model;
        self.changed = true;
        if let Some(trained) = &mut self.trained {
            trained.show(recent);
        }
    }

    /// A person calls the calibration's levels so.
    pub(crate) fn name_levels(&mut self, names: Vec<LevelName>) {
        self.calibration.set_names(names);
        self.changed = true;
    }

    /// What the calibration found; its first stretch is over after `needed_ms` of readings.
    pub(crate) fn levels(&self, needed_ms: i64) -> Levels {
        self.calibration.levels(needed_ms)
    }

    /// Learns from the reading. When a better calibration serves from now on, everything learned is returned as JSON.
    pub(crate) fn learn(&mut self, reading: &Reading) -> Option<String> {
        if !self.calibration.learn(sample(reading)) {
            return None;
        }
        // A level's usual current has moved, and with it perhaps the name that fits it.
        self.changed |= self.trained.is_none() && self.calibration.is_named();
        self.calibration.to_json()
    }

    /// What the instrument does, seen from this reading on. `None` while there is no verdict.
    pub(crate) fn observe(&mut self, reading: &Reading) -> Option<Seen> {
        if std::mem::take(&mut self.changed) {
            self.from_ms = reading.ts_ms;
        }
        let calibrated = self.calibration.classify(sample(reading));
        let verdict = match &mut self.trained {
            Some(trained) => trained.observe(sample(reading)),
            None => calibrated,
        }?;
        Some(Seen {
            state: levels::state_of(verdict.level),
            confidence: verdict.confidence,
            since_ms: verdict.since_ms.max(self.from_ms),
        })
    }

    /// What the trained model saw drift, once.
    pub(crate) fn drift(&mut self) -> Option<String> {
        self.trained.as_mut().and_then(|trained| trained.take_drift())
    }
}

fn sample(reading: &Reading) -> Sample {
    Sample { ts_ms: reading.ts_ms, current_a: reading.current_a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(second: i64, current_a: f64) -> Reading {
        Reading::new(current_a, Some(second * 1_000), second * 1_000).unwrap()
    }

    #[test]
    fn another_name_counts_from_the_next_reading_on() {
        let mut classifier = InstrumentClassifier::new(None, None, Vec::new(), None);
        let mut last = None;
        for second in 0..8 * 3_600 {
            let current_a = [0.0, 0.8, 6.0][usize::try_from(second / 1_200 % 3).unwrap()];
            classifier.learn(&reading(second, current_a));
            last = classifier.observe(&reading(second, current_a));
        }
        let before = last.unwrap();
        assert_eq!(before.state, InstrumentState::On, "{before:?}");
        classifier.name_levels(vec![LevelName { typical_a: 6.0, proposed: None, state: InstrumentState::Standby }]);
        let now = 8 * 3_600;
        let after = classifier.observe(&reading(now, 6.0)).unwrap();
        assert_eq!((after.state, after.since_ms), (InstrumentState::Standby, now * 1_000));
        let later = classifier.observe(&reading(now + 60, 6.0)).unwrap();
        assert_eq!(later.since_ms, now * 1_000);
    }
}
