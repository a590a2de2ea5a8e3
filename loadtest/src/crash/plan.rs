use crate::load::{Plan, Wave};
use crate::target::TargetError;
use std::path::PathBuf;
use std::time::Duration;

/// How often a server is killed, and under what load.
#[derive(Clone, Debug, PartialEq)]
pub struct CrashPlan {
    /// The `dayi` program.
    pub program: PathBuf,
    /// Kills.
    pub rounds: u32,
    /// A round ends after a random number of acknowledgements, up to this. Counted and not timed, so that a slow machine is
    /// killed amid its work as well as a fast one.
    pub most_acknowledged: u64,
    /// The sensors.
    pub load: Plan,
    /// The server's settings, as environment variables.
    pub settings: Vec<(String, String)>,
    /// The same seed kills after the same numbers.
    pub seed: u64,
}

impl CrashPlan {
    /// `connections` clients of `instruments` each, every instrument reading every `interval` on a clock that runs two
    /// seconds a reading, so that states change several times a round.
    #[must_use]
    pub fn new(program: PathBuf, connections: usize, instruments: usize, interval: Duration) -> Self {
        let load = Plan {
            instruments_per_connection: instruments,
            interval,
            ramp: Duration::ZERO,
            clock_step_ms: Some(2_000),
            wave: Wave { seed: 1, half_period_ms: 60_000 },
            ..Plan::new(connections)
        };
        Self { program, rounds: 50, most_acknowledged: 20_000, load, settings: Vec::new(), seed: 1 }
    }
}

/// Why the rounds did not come to their end.
#[derive(Debug, thiserror::Error)]
pub enum CrashError {
    /// The server did not start, or did not answer in the end.
    #[error("round {round}: {source}")]
    Server {
        /// Which round; after the last, the questions.
        round: u32,
        /// What the matter is.
        source: TargetError,
    },
    /// The server runs and acknowledges nothing.
    #[error("round {round}: no acknowledgement for {patience:?}; {acknowledged} in all")]
    Silent {
        /// Which round.
        round: u32,
        /// How long it was waited for.
        patience: Duration,
        /// What was acknowledged by then.
        acknowledged: u64,
    },
    /// A temporary folder.
    #[error("no temporary folder: {0}")]
    Folder(std::io::Error),
    /// A histogram.
    #[error("no histogram: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
}
