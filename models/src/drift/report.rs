//! What drifted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sample::Level;

/// A feature that lies elsewhere than it did in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureChange {
    /// Its name, one of [`NAMES`](crate::features::NAMES).
    pub feature: String,
    /// The level at which it changed.
    pub level: Level,
    /// The range it lay in: nearly all of the training's windows at that level.
    pub from: (f32, f32),
    /// Its mean of late.
    pub to: f32,
    /// Share of the time of late that lay outside the range, 0 to 1.
    pub outside: f32,
}

/// A level of which the network became unsure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EntropyChange {
    /// The level it says.
    pub level: Level,
    /// Mean entropy of its posteriors in training, nats.
    pub from: f32,
    /// Mean entropy of late, nats.
    pub to: f32,
}

/// An instrument that no longer behaves as its model was taught: train it anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// When it was found, UTC milliseconds.
    pub at_ms: i64,
    /// Features that changed, the most changed first; at most 8.
    pub features: Vec<FeatureChange>,
    /// Levels of which the network became unsure.
    pub entropy: Vec<EntropyChange>,
    /// Levels that training never saw and that it says now.
    pub untaught: Vec<Level>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let features = self.features.iter().map(|c| {
            let (low, high) = c.from;
            format!("{} at {}: {low:.3} to {high:.3} in training, {:.3} now", c.feature, c.level, c.to)
        });
        let entropy = self
            .entropy
            .iter()
            .map(|c| format!("unsure of {}: entropy {:.2} in training, {:.2} now", c.level, c.from, c.to));
        let untaught = self.untaught.iter().map(|level| format!("{level} was never taught"));
        f.write_str(&features.chain(entropy).chain(untaught).collect::<Vec<_>>().join("; "))
    }
}
