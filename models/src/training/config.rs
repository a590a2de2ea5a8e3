//! How training is done, and how far it is.

use std::num::NonZeroUsize;
use std::thread;

use serde::{Deserialize, Serialize};

/// How [`train_stacked`](super::train_stacked) trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// How often every row is seen.
    pub epochs: u32,
    /// Rows of one step, at most; a set's rows are spread evenly over as few steps as that allows.
    pub batch: usize,
    /// Step width of Adam.
    pub learning_rate: f64,
    /// How many instruments are stacked; 16 to 64 are best on a CPU.
    pub stack: usize,
    /// Threads, a chunk of `stack` instruments each; 0 is one a core.
    pub threads: usize,
    /// Mixed into each instrument's own seed: another one gives other first weights and orders of rows.
    pub seed: u64,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self { epochs: 20, batch: 250, learning_rate: 0.01, stack: 32, threads: 0, seed: 0 }
    }
}

impl TrainingConfig {
    /// The threads really used for so many chunks.
    pub(super) fn workers(&self, chunks: usize) -> usize {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let wanted = if self.threads == 0 { cores() } else { self.threads };
        wanted.min(chunks)
    }
}

/// How far a training is, told after every epoch of a chunk, by any of its threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Instruments that are done, those that failed included.
    pub models: usize,
    /// Instruments in all.
    pub models_total: usize,
    /// Epochs done, summed over the instruments that can be trained.
    pub epochs: u64,
    /// Epochs in all.
    pub epochs_total: u64,
}
