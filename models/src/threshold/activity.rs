//! Telling off from a standby that lies at the sensor's resolution.

use serde::{Deserialize, Serialize};

/// How much of the last minutes a sensor was above its zero: an exponential mean over time.
///
/// A standby of less than one sensor step reads as a pattern of 0 and 1 step; its share of ones tells
/// it from off, where nearly every sample is 0. A single sample tells nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Activity {
    /// The share, and how far it has warmed up: the weight of all that was seen, 0 to 1.
    mean: f32,
    weight: f32,
}

impl Activity {
    /// Time constant of the mean, ms.
    pub(crate) const TAU_MS: f32 = 300_000.0;
    /// More activity than this many times the share asked for says nothing more.
    pub(crate) const ENOUGH: f32 = 1.5;
    /// A standby ends below this part of the share asked for.
    pub(crate) const LEAVE: f32 = 0.65;

    /// One sample moves the mean by this much at most, so that it is always one of many samples: a sensor that
    /// reports every half minute needs longer than one that reports every second.
    const MOST: f32 = 1.0 / 60.0;

    /// Takes one sample: whether it was above zero, the time (ms) it stands for, and the share at which
    /// the mean is cut off.
    pub(crate) fn observe(&mut self, above: bool, covered_ms: i64, cap: f32) {
        let part = 1.0 - (-(covered_ms as f32) / Self::TAU_MS).exp();
        let part = part.clamp(1e-4, Self::MOST);
        self.mean += part * (f32::from(u8::from(above)) - self.mean);
        self.mean = self.mean.min(cap);
        self.weight += part * (1.0 - self.weight);
    }

    /// The share of the time above zero, 0 to 1; early on, of what was seen.
    pub(crate) fn share(&self) -> f32 {
        if self.weight > 0.0 { (self.mean / self.weight).clamp(0.0, 1.0) } else { 0.0 }
    }
}
