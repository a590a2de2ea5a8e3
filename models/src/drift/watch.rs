//! Follows one running instrument.

use serde::{Deserialize, Serialize};

use super::posterior::{entropy, likeliest};
use super::reference::Reference;
use super::report::{Drift, EntropyChange, FeatureChange};
use crate::evaluation::GAP_MS;
use crate::features::{FEATURES, NAMES};
use crate::network::LEVELS;
use crate::sample::Level;

/// Means of late forget with this time constant, in time spent at the level. A level that lies entirely
/// elsewhere is thus found after 2.8 hours in it.
const FORGET_S: f32 = 4.0 * 3_600.0;

/// The share of time outside its range at which a feature has changed.
const OUTSIDE: f32 = 0.5;

/// Features from this share on are told together with one that has changed.
const NEARLY: f32 = 0.3;

/// How far the mean entropy may rise, nats: from sure to two levels at 94 % and 6 %.
const UNSURE: f32 = 0.25;

/// How long a level that was never taught may be said, seconds.
const UNTAUGHT_S: f32 = 3_600.0;

/// Features told at most.
const TOLD: usize = 8;

/// What is known of late of one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Recent {
    /// Time spent in it, seconds.
    spent_s: f32,
    outside: [f32; FEATURES],
    mean: [f32; FEATURES],
    entropy: f32,
}

impl Recent {
    const NOTHING: Self = Self { spent_s: 0.0, outside: [0.0; FEATURES], mean: [0.0; FEATURES], entropy: 0.0 };

    /// Shares and entropy start from what was usual, so that the first minutes alone say nothing; means start
    /// from the first value.
    fn take(&mut self, level: usize, features: &[f32; FEATURES], entropy: f32, reference: &Reference, dt_s: f32) {
        let weight = 1.0 - (-dt_s / FORGET_S).exp();
        // Grows from a plain mean into the forgetting one.
        self.spent_s += dt_s;
        let of_mean = if self.spent_s > 0.0 { (dt_s / self.spent_s).max(weight) } else { 1.0 };
        for (feature, &value) in features.iter().enumerate() {
            let outside = if reference.is_outside(level, feature, value) { 1.0 } else { 0.0 };
            self.outside[feature] += weight * (outside - self.outside[feature]);
            self.mean[feature] += of_mean * (value - self.mean[feature]);
        }
        self.entropy += weight * (entropy - self.entropy);
    }
}

/// Watches one instrument against its model's [`Reference`]: less than 1 KB, no allocation until it drifts.
///
/// Says [`Drift`] once and is then quiet until [`Self::reset`] or a new watch for a new model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftWatch {
    reference: Reference,
    memory: WatchMemory,
}

/// What a [`DriftWatch`] remembers of its instrument: all that it knows beside the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchMemory {
    recent: [Recent; LEVELS],
    last_ms: Option<i64>,
    told: bool,
}

impl DriftWatch {
    /// A watch for a model that was just taken into use.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        let memory = WatchMemory { recent: [Recent::NOTHING; LEVELS], last_ms: None, told: false };
        let mut watch = Self { reference, memory };
        watch.reset();
        watch
    }

    /// What it remembers, for [`Self::recall`].
    #[must_use]
    pub fn memory(&self) -> &WatchMemory {
        &self.memory
    }

    /// Goes on where another watch with the same reference was.
    pub fn recall(&mut self, memory: WatchMemory) {
        self.memory = memory;
    }

    /// What it holds the instrument against.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Whether a drift was told and nobody has reset the watch since.
    #[must_use]
    pub fn has_drifted(&self) -> bool {
        self.memory.told
    }

    /// Forgets what it saw and is ready to tell again.
    pub fn reset(&mut self) {
        self.memory.told = false;
        for (recent, level) in self.memory.recent.iter_mut().zip(Level::ALL) {
            let entropy = self.reference.entropy(level).unwrap_or_default();
            *recent = Recent { entropy, ..Recent::NOTHING };
        }
    }

    /// Takes a window's features and what the network says of it. A window stands for the time since the last
    /// one, at most [`GAP_MS`]; one that is not newer, or not finite, is passed over.
    pub fn observe(&mut self, ts_ms: i64, features: &[f32; FEATURES], posterior: [f32; LEVELS]) -> Option<Drift> {
        let index = likeliest(&posterior)?;
        if !features.iter().all(|f| f.is_finite()) || self.memory.last_ms.is_some_and(|last| ts_ms <= last) {
            return None;
        }
        let dt_ms = self.memory.last_ms.map_or(0, |last| ts_ms.saturating_sub(last).min(GAP_MS));
        self.memory.last_ms = Some(ts_ms);
        let dt_s = dt_ms as f32 / 1e3;
        self.memory.recent[index].take(index, features, entropy(&posterior), &self.reference, dt_s);
        if self.memory.told || !self.is_drifting(index) {
            return None;
        }
        self.memory.told = true;
        Some(self.tell(ts_ms))
    }

    /// Only the level just observed can have begun to drift.
    fn is_drifting(&self, index: usize) -> bool {
        let recent = &self.memory.recent[index];
        match self.reference.entropy(Level::ALL[index]) {
            None => recent.spent_s >= UNTAUGHT_S,
            Some(usual) => recent.entropy > usual + UNSURE || recent.outside.iter().any(|&o| o > OUTSIDE),
        }
    }

    fn tell(&self, at_ms: i64) -> Drift {
        let mut drift = Drift { at_ms, features: Vec::new(), entropy: Vec::new(), untaught: Vec::new() };
        for (recent, level) in self.memory.recent.iter().zip(Level::ALL) {
            let Some(from) = self.reference.entropy(level) else {
                if recent.spent_s >= UNTAUGHT_S {
                    drift.untaught.push(level);
                }
                continue;
            };
            if recent.entropy > from + UNSURE {
                drift.entropy.push(EntropyChange { level, from, to: recent.entropy });
            }
            for (feature, name) in NAMES.iter().enumerate().filter(|&(i, _)| recent.outside[i] > NEARLY) {
                let Some(from) = self.reference.range(level, feature) else { continue };
                let (to, outside) = (recent.mean[feature], recent.outside[feature]);
                drift.features.push(FeatureChange { feature: (*name).to_owned(), level, from, to, outside });
            }
        }
        drift.features.sort_by(|a, b| b.outside.total_cmp(&a.outside));
        drift.features.truncate(TOLD);
        drift
    }
}
