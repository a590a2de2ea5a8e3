//! Which currents an instrument was seen at.

use serde::{Deserialize, Serialize};

/// A bit for each stretch of the scale ln(I + 10 mA) in which training readings lie, or close to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Familiar(u64);

impl Familiar {
    /// The stretches are about 22 % of the current wide.
    const PER_UNIT: f32 = 5.0;
    /// ln(10 mA), the lowest place.
    const LOWEST: f32 = -4.61;

    fn at(place: f32) -> u32 {
        ((place - Self::LOWEST) * Self::PER_UNIT).clamp(0.0, 63.0) as u32
    }

    /// Marks a place and its neighbours.
    pub(super) fn add(&mut self, place: f32) {
        let bit = 1_u64 << Self::at(place);
        self.0 |= bit | (bit << 1) | (bit >> 1);
    }

    /// Whether readings were seen there.
    pub(super) fn knows(self, place: f32) -> bool {
        self.0 & (1_u64 << Self::at(place)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::to_scale;

    #[test]
    fn what_was_seen_is_known_with_a_little_room() {
        let mut familiar = Familiar::default();
        familiar.add(to_scale(1.0));
        assert!(familiar.knows(to_scale(1.0)) && familiar.knows(to_scale(1.15)));
        assert!(!familiar.knows(to_scale(2.0)) && !familiar.knows(to_scale(0.0)));
        familiar.add(to_scale(0.0));
        familiar.add(f32::MAX);
        assert!(familiar.knows(to_scale(0.0)) && familiar.knows(to_scale(5_000.0)));
    }
}
