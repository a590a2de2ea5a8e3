//! From what a calibration saw to a model: which level is which, and how long to hold it.

use super::ground::Ground;
use super::histogram::{Histogram, ZERO_A};
use super::levels::{base_cut, plateaus};
use super::runs::RunTracker;
use super::{holds, lows};
use crate::signal::from_scale;
use crate::threshold::{Holds, LevelStats, LowRule, Origin, ThresholdModel};

/// What a calibration saw.
#[derive(Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub(crate) histogram: &'a Histogram,
    /// The cut (A) between the lowest level and the rest, as last found.
    pub(crate) base_cut_a: Option<f32>,
    /// Where the lowest readings lie.
    pub(crate) ground: Ground,
    /// The runs above and below `runs_cut_a`.
    pub(crate) runs: &'a RunTracker,
    pub(crate) runs_cut_a: Option<f32>,
    /// Seconds below the lowest cut, by the share of the last minutes above the ground, in classes.
    pub(crate) activity_s: &'a [f32; 10],
    pub(crate) rated_a: Option<f32>,
    pub(crate) covered_ms: i64,
}

/// The levels and how to tell them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Structure {
    /// The cut (A) between the lowest level and the rest.
    pub(crate) base_cut_a: f32,
    /// Below this (A) the instrument may be off.
    pub(crate) off_cut_a: f32,
    /// From here (A) it is on.
    pub(crate) on_cut_a: f32,
    pub(crate) low_rule: LowRule,
}

impl Structure {
    /// The same on a sensor with that zero.
    fn raised(self, zero: Ground) -> Self {
        Self {
            base_cut_a: self.base_cut_a + zero.at_a,
            off_cut_a: (self.off_cut_a + zero.at_a).max(zero.cut_a),
            on_cut_a: (self.on_cut_a + zero.at_a).max(zero.cut_a),
            low_rule: self.low_rule,
        }
    }
}

/// The levels the evidence speaks for, `None` if there is a single one.
pub(crate) fn structure(seen: &Evidence<'_>) -> Option<Structure> {
    let zero = lows::zero(seen);
    let histogram = seen.histogram.above(zero);
    let seen = Evidence { histogram: &histogram, runs_cut_a: seen.runs_cut_a.map(|a| a - zero.at_a), ..*seen };
    levels_above_zero(&seen).map(|found| found.raised(zero))
}

/// The same, where the sensor's zero is at zero.
fn levels_above_zero(seen: &Evidence<'_>) -> Option<Structure> {
    let base_cut_a = base_cut(seen.histogram)?;
    let two = |off_cut_a: f32, low_rule| Structure {
        base_cut_a,
        off_cut_a: off_cut_a.min(base_cut_a),
        on_cut_a: base_cut_a,
        low_rule,
    };
    let rhythm =
        seen.runs_cut_a.is_some_and(|cut_a| seen.histogram.same_side(cut_a, base_cut_a)) && holds::is_cyclic(seen.runs);
    let low = lows::look(seen, base_cut_a, rhythm);
    if low.may_be_off
        && let Some(on_cut_a) = plateaus(seen.histogram, base_cut_a)
    {
        return Some(Structure { base_cut_a, off_cut_a: base_cut_a, on_cut_a, low_rule: LowRule::Cut });
    }
    Some(two(low.off_cut_a, low.rule))
}

/// The model that the evidence speaks for.
pub(crate) fn model(seen: &Evidence<'_>) -> ThresholdModel {
    let Some(found) = structure(seen) else { return single(seen) };
    let days = seen.covered_ms as f32 / 86_400_000.0;
    // What one day shows is most of what there is to see; a program seen once may be the rare one.
    let trust = 0.95 - 0.35 * (-days).exp();
    let cuts_a = (found.off_cut_a, found.on_cut_a);
    let levels = stats(seen.histogram, cuts_a, found.low_rule);
    ThresholdModel::calibrated(Origin::Calibrated, cuts_a, found.low_rule, holds::learn(seen.runs), trust, levels)
        .with_standby_share(lows::standby_share(seen.activity_s, lows::zero(seen)))
}

/// One level only: named by the rated current where it is known. Else a current near zero is off or
/// standby by its activity, and anything above is taken for on.
fn single(seen: &Evidence<'_>) -> ThresholdModel {
    /// No single level below this (A) is called on.
    const LOW_A: f32 = 0.03;
    if let Some(rated_a) = seen.rated_a {
        return ThresholdModel::from_rated(rated_a);
    }
    let typical_a = seen.histogram.moments(0.0, f32::INFINITY).map_or(0.0, |(mean, ..)| from_scale(mean));
    let (cuts_a, low_rule) = if typical_a < LOW_A {
        ((ZERO_A, 2.0 * LOW_A), LowRule::Activity)
    } else {
        ((0.3 * typical_a, 0.5 * typical_a), LowRule::Cut)
    };
    let levels = stats(seen.histogram, cuts_a, low_rule);
    ThresholdModel::calibrated(Origin::SingleLevel, cuts_a, low_rule, Holds::default(), 0.4, levels)
}

/// Usual current and spread of each level, by the cuts.
fn stats(histogram: &Histogram, (off_cut_a, on_cut_a): (f32, f32), low_rule: LowRule) -> [Option<LevelStats>; 3] {
    let total = histogram.total_s().max(f32::MIN_POSITIVE);
    let of = |from_a, to_a| {
        let (mean, spread, s) = histogram.moments(from_a, to_a)?;
        Some(LevelStats { typical_a: from_scale(mean), spread, share: s / total })
    };
    let on = of(on_cut_a, f32::INFINITY);
    let low = of(0.0, on_cut_a);
    match low_rule {
        LowRule::Cut => [of(0.0, off_cut_a), of(off_cut_a, on_cut_a), on],
        LowRule::Activity => [low, low, on],
        LowRule::Off => [low, None, on],
        LowRule::Standby => [None, low, on],
    }
}
