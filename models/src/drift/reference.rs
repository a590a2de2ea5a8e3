//! What was usual in training.

use serde::{Deserialize, Serialize};

use super::posterior::{entropy, likeliest};
use crate::features::FEATURES;
use crate::network::LEVELS;
use crate::sample::Level;

/// Windows of a level below which training has not really seen it.
const TAUGHT: usize = 30;

/// The share of windows left out at either end of a range.
const TAIL: f64 = 0.02;

/// A range is widened on both sides by this share of its width and at least by [`SLACK`].
const WIDER: f32 = 0.1;

/// In a feature's own unit; features are scaled to the order of 1.
const SLACK: f32 = 0.03;

/// For each level that the network says: the range of each feature and the mean entropy, in training. 404
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// By level and feature.
    ranges: [[(f32, f32); FEATURES]; LEVELS],
    /// By level.
    entropy: [f32; LEVELS],
    /// By level.
    taught: [bool; LEVELS],
    /// The features that are judged, a bit each.
    watched: u16,
}

impl Reference {
    /// The range in which a feature lay at a level, without the slack.
    #[must_use]
    pub fn range(&self, level: Level, feature: usize) -> Option<(f32, f32)> {
        self.taught[level.index()].then(|| self.ranges[level.index()].get(feature).copied()).flatten()
    }

    /// Mean entropy of the posteriors at a level.
    #[must_use]
    pub fn entropy(&self, level: Level) -> Option<f32> {
        self.taught[level.index()].then(|| self.entropy[level.index()])
    }

    /// Whether training saw the level at all, more than in passing.
    #[must_use]
    pub fn is_taught(&self, level: Level) -> bool {
        self.taught[level.index()]
    }

    /// Whether a feature is judged and its value lies outside what was usual.
    pub(super) fn is_outside(&self, level: usize, feature: usize, value: f32) -> bool {
        if self.watched & bit(feature) == 0 {
            return false;
        }
        let (low, high) = self.ranges[level][feature];
        let slack = (WIDER * (high - low)).max(SLACK);
        value < low - slack || value > high + slack
    }
}

const _: () = assert!(FEATURES <= u16::BITS as usize);

fn bit(feature: usize) -> u16 {
    u32::try_from(feature).ok().and_then(|f| 1_u16.checked_shl(f)).unwrap_or(0)
}

/// Gathers a [`Reference`] from the windows a network was trained on.
#[derive(Debug, Clone)]
pub struct ReferenceBuilder {
    rows: [Vec<[f32; FEATURES]>; LEVELS],
    entropy: [f64; LEVELS],
    watched: u16,
}

impl Default for ReferenceBuilder {
    /// Judges every feature.
    fn default() -> Self {
        Self { rows: Default::default(), entropy: [0.0; LEVELS], watched: u16::MAX }
    }
}

impl ReferenceBuilder {
    /// Judges these features only. Those that say how much is drawn are good ones; those that say how long
    /// something has lasted are not: a longer day's work than any in training is no drift.
    #[must_use]
    pub fn watching(features: &[usize]) -> Self {
        Self { watched: features.iter().map(|&f| bit(f)).fold(0, |all, bit| all | bit), ..Self::default() }
    }

    /// Takes a window's features and what the trained network says of them. What is not finite is left out.
    pub fn add(&mut self, features: &[f32; FEATURES], posterior: [f32; LEVELS]) {
        let Some(level) = likeliest(&posterior) else { return };
        if features.iter().all(|f| f.is_finite()) {
            self.rows[level].push(*features);
            self.entropy[level] += f64::from(entropy(&posterior));
        }
    }

    /// The reference.
    #[must_use]
    pub fn build(self) -> Reference {
        let mut reference = Reference {
            ranges: [[(0.0, 0.0); FEATURES]; LEVELS],
            entropy: [0.0; LEVELS],
            taught: [false; LEVELS],
            watched: self.watched,
        };
        for (level, rows) in self.rows.iter().enumerate() {
            if rows.len() < TAUGHT {
                continue;
            }
            reference.taught[level] = true;
            reference.entropy[level] = (self.entropy[level] / rows.len() as f64) as f32;
            for (feature, range) in reference.ranges[level].iter_mut().enumerate() {
                let mut values: Vec<f32> = rows.iter().map(|r| r[feature]).collect();
                values.sort_by(f32::total_cmp);
                let tail = (TAIL * values.len() as f64) as usize;
                *range = (values[tail], values[values.len() - 1 - tail]);
            }
        }
        reference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_leave_out_the_tails() {
        let mut builder = ReferenceBuilder::default();
        for i in 0..=100 {
            builder.add(&[i as f32; FEATURES], [0.0, 0.0, 1.0]);
        }
        builder.add(&[f32::NAN; FEATURES], [0.0, 0.0, 1.0]);
        builder.add(&[0.0; FEATURES], [1.0, 0.0, 0.0]);
        let reference = builder.build();
        assert_eq!(reference.range(Level::On, 3), Some((2.0, 98.0)));
        assert_eq!(reference.range(Level::On, FEATURES), None);
        assert_eq!(reference.entropy(Level::On), Some(0.0));
        assert!(!reference.is_taught(Level::Off) && reference.range(Level::Off, 0).is_none());
        assert!(reference.is_outside(2, 0, 120.0) && !reference.is_outside(2, 0, 107.0));
    }
}
