//! What one instrument's filter knows.

use serde::{Deserialize, Serialize};

use crate::sample::Level;

/// How much evidence one instrument asks for before it goes from one level to another.
///
/// Evidence for a level is the logarithm of its odds against the present one, bounded on both sides and summed
/// over *time*, so that neither a fast sensor nor one sure reading decides alone. What speaks against the level
/// takes away from it, and it never falls below nothing. The level changes where the sum reaches the barrier:
/// after `barrier / MOST_PER_S` seconds at a clear step, later where the network is in doubt, and not at all
/// while it flaps about even odds. The barrier stands for what a chain's transition prior and least stay say:
/// how rarely this instrument really goes that way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StickyFilter {
    enter_on: f32,
    leave_on: f32,
    between_lows: f32,
}

impl Default for StickyFilter {
    /// Two and a half seconds at a clear step.
    fn default() -> Self {
        Self::new(20.0, 20.0, 20.0)
    }
}

impl StickyFilter {
    /// The most evidence (nats) that a second can give: odds of 3,000 to 1.
    pub const MOST_PER_S: f32 = 8.0;
    /// A reading counts as evidence for at most this long, s.
    pub const LONGEST_S: f32 = 30.0;
    /// The highest barrier: a clear step passes it within two and a half minutes.
    pub const HIGHEST: f32 = 1_200.0;

    /// A filter with these barriers (nats × s), kept within 0 to [`Self::HIGHEST`]: to enter `on`, to leave it,
    /// and between off and standby.
    #[must_use]
    pub fn new(enter_on: f32, leave_on: f32, between_lows: f32) -> Self {
        let sane = |barrier: f32| if barrier >= 0.0 { barrier.min(Self::HIGHEST) } else { 0.0 };
        Self { enter_on: sane(enter_on), leave_on: sane(leave_on), between_lows: sane(between_lows) }
    }

    /// The barrier (nats × s) on the way from one level to another.
    #[must_use]
    pub fn barrier(&self, from: Level, to: Level) -> f32 {
        match (from, to) {
            (_, Level::On) => self.enter_on,
            (Level::On, _) => self.leave_on,
            _ => self.between_lows,
        }
    }

    /// All three: to enter `on`, to leave it, between off and standby.
    #[must_use]
    pub fn barriers(&self) -> [f32; 3] {
        [self.enter_on, self.leave_on, self.between_lows]
    }
}
