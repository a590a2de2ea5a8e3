use crate::load::{Plan, Wave};
use std::path::PathBuf;
use std::time::Duration;

/// Who listens to what.
#[derive(Clone, Debug)]
pub struct FanoutPlan {
    /// The `dayi` program.
    pub program: PathBuf,
    /// Its settings, as environment variables.
    pub settings: Vec<(String, String)>,
    /// Pages that look at everything, besides the one that does not read.
    pub listeners: usize,
    /// Changes a second, about.
    pub changes_per_s: usize,
    /// How long it is measured.
    pub duration: Duration,
    /// The same seed plays the same currents.
    pub seed: u64,
}

/// Instruments of one connection.
const BEHIND_ONE: usize = 100;
/// A model believes a new level after some ten seconds of its sensor's clock: with this step after four readings, and half a
/// period has ten.
const STEP_MS: i64 = 3_000;
const READINGS_OF_A_HALF: i64 = 10;

impl FanoutPlan {
    /// Sensors that make so many changes: a reading a second each, their clocks three times as fast, another level with
    /// every tenth reading.
    #[must_use]
    pub fn load(&self) -> Plan {
        let instruments = self.changes_per_s * READINGS_OF_A_HALF as usize;
        Plan {
            instruments_per_connection: BEHIND_ONE,
            ramp: Duration::from_secs(5),
            wave: Wave { seed: self.seed, half_period_ms: STEP_MS * READINGS_OF_A_HALF },
            clock_step_ms: Some(STEP_MS),
            seed: self.seed,
            ..Plan::new(instruments.div_ceil(BEHIND_ONE))
        }
    }
}
