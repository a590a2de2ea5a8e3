//! The per-instrument normalisation.

use serde::{Deserialize, Serialize};

use super::{FEATURES, cut};
use crate::sample::{Level, Sample};
use crate::signal::to_scale;

/// What makes one instrument's features comparable with those of any other: the cuts they are counted by, and
/// the middle and the play of each over the training windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    high_a: f32,
    zero_a: f32,
    middle: [f32; FEATURES],
    gain: [f32; FEATURES],
}

impl Scale {
    /// The furthest a feature may lie from its middle, in units of its play: beyond it all is one.
    pub const LIMIT: f32 = 4.0;
    /// A feature that moves less than this is not blown up.
    const LEAST_PLAY: f32 = 0.15;
    /// Currents (A) below this are taken for the sensor's zero.
    const ZERO_A: f32 = 0.002;
    /// The lowest high cut, A.
    const LEAST_HIGH_A: f32 = 0.005;

    /// The cuts that labelled readings speak for, the features as they are. `fallback_a` is the high cut where
    /// the labels show no edge of `on`.
    pub(crate) fn learn(samples: &[Sample], labels: &[Option<Level>], fallback_a: f32) -> Self {
        let high_a = cut::learn(samples, labels).unwrap_or(fallback_a);
        let high_a = if high_a.is_finite() { high_a.max(Self::LEAST_HIGH_A) } else { Self::LEAST_HIGH_A };
        Self { high_a, zero_a: Self::ZERO_A, middle: [0.0; FEATURES], gain: [1.0; FEATURES] }
    }

    /// The same, normalised by weighted rows of features as they are.
    pub(crate) fn normalised(mut self, rows: &[[f32; FEATURES]], weights: &[f32]) -> Self {
        let all: f32 = weights.iter().sum();
        if all <= 0.0 {
            return self;
        }
        for feature in 0..FEATURES {
            let mean = |of: &dyn Fn(f32) -> f32| {
                rows.iter().zip(weights).map(|(row, weight)| weight * of(row[feature])).sum::<f32>() / all
            };
            let middle = mean(&|f| f);
            let play = mean(&|f| (f - middle) * (f - middle)).sqrt();
            self.middle[feature] = middle;
            self.gain[feature] = 1.0 / play.max(Self::LEAST_PLAY);
        }
        self
    }

    /// Brings features as they are to a common range, within ±[`Self::LIMIT`].
    pub(crate) fn apply(&self, mut row: [f32; FEATURES]) -> [f32; FEATURES] {
        for (feature, (middle, gain)) in row.iter_mut().zip(self.middle.iter().zip(&self.gain)) {
            *feature = ((*feature - middle) * gain).clamp(-Self::LIMIT, Self::LIMIT);
        }
        row
    }

    /// From this current (A) on a reading counts as high.
    #[must_use]
    pub fn high_a(&self) -> f32 {
        self.high_a
    }

    /// From this current (A) on a reading is above the sensor's zero.
    #[must_use]
    pub fn zero_a(&self) -> f32 {
        self.zero_a
    }

    /// The high cut on the scale of the values.
    pub(super) fn high(&self) -> f32 {
        to_scale(self.high_a)
    }
}
