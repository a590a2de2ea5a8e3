//! What the current below the lowest cut means: off, standby, or both.

use super::ground::Ground;
use super::histogram::ZERO_A;
use super::naming::Evidence;
use crate::signal::from_scale;
use crate::threshold::{LowRule, ThresholdModel};

/// What is known of the current below the lowest cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Low {
    /// How off and standby are told apart there.
    pub(crate) rule: LowRule,
    /// Below this (A) a sample speaks for off.
    pub(crate) off_cut_a: f32,
    /// Whether it may be nothing but off, so that standby would be found above the cut.
    pub(crate) may_be_off: bool,
}

/// Low currents below these shares of the rated or the usual working current are a sensor's zero.
const ZERO_OF_RATED: f32 = 0.01;
const ZERO_OF_WORK: f32 = 0.004;
/// A standby from this current (A) on is told from off by a single look.
const PLAIN_A: f32 = 0.05;
/// Less time (share) with activity than this is noise, not a standby.
const SOME: f32 = 0.02;
/// Between two usual activities lies one that is less usual than this part of the rarer.
const VALLEY: f32 = 0.7;

/// The sensor's zero: the lowest readings, as far as they are known to be it; else none is.
///
/// They are where the instrument is seen at another low level too, quiet at times and above them at others; or
/// where they are never quiet for long, so that the name of the level is standby either way. Alone they may as
/// well be a standby: then only next to nothing beside the working current is taken for zero.
pub(crate) fn zero(seen: &Evidence<'_>) -> Ground {
    /// Next to nothing is less than this share of the working current.
    const LITTLE: f32 = 0.01;
    /// The classes of activity that noise alone gives a zero.
    const NOISY_CLASSES: usize = 4;
    /// So many times as much time in the bin above is a level there.
    const EDGE: f32 = 2.0;

    let ground = seen.ground;
    if ground.at_a < ZERO_A {
        return ground;
    }
    let activity_s = seen.activity_s;
    let all: f32 = activity_s.iter().sum();
    let (quiet, active) = (activity_s[0], all - activity_s[0]);
    if all <= 0.0 {
        return Ground::default();
    }
    let from_a = seen.base_cut_a.unwrap_or(f32::INFINITY);
    let work_a = seen.histogram.moments(from_a, f32::INFINITY).map_or(0.0, |(mean, ..)| from_scale(mean));
    let little_a = LITTLE * work_a;
    let stepped = ground.noise_a == 0.0;
    let parted = if stepped {
        // Quiet, or so active that it can be told from that, with a valley between.
        let valley = (1..9).any(|at| activity_s[at + 1..].iter().any(|s| activity_s[at] < VALLEY * s));
        quiet.min(active - activity_s[1]) > SOME * all && activity_s[1] < quiet && valley
    } else {
        parted_at(activity_s).is_some()
    };
    let alone = active <= SOME * all && ground.is_steady();
    // What stands right above them most of the time is a level of its own, with these as its lower edge.
    let (own_s, next_s) = seen.histogram.at_and_above(ground.at_a);
    let edge = stepped && next_s > EDGE * own_s;
    let still_s: f32 = activity_s[..if stepped { 1 } else { NOISY_CLASSES }].iter().sum();
    let busy = still_s <= SOME * all && !edge;
    let is_zero = (parted && ground.at_a < little_a.max(PLAIN_A))
        || (alone && ground.at_a <= little_a)
        || (busy && ground.at_a < PLAIN_A);
    if is_zero { ground } else { Ground::default() }
}

/// The class of activity from which a noisy sensor shows a standby, if there are two usual activities: two
/// clusters, well apart, with a valley between.
fn parted_at(activity_s: &[f32; 10]) -> Option<usize> {
    /// How far apart the two must be, in classes.
    const APART: f32 = 1.5;

    let all: f32 = activity_s.iter().sum();
    let side = |from: usize, to: usize| {
        let s: f32 = activity_s[from..to].iter().sum();
        let sum: f32 = (from..to).map(|class| class as f32 * activity_s[class]).sum();
        (s, if s > 0.0 { sum / s } else { 0.0 })
    };
    let between = |at: usize| {
        let ((quiet, low), (active, high)) = (side(0, at), side(at, 10));
        quiet * active * (high - low) * (high - low)
    };
    let at = (1..10).max_by(|a, b| between(*a).total_cmp(&between(*b)))?;
    let ((quiet, low), (active, high)) = (side(0, at), side(at, 10));
    let peak = |from: usize, to: usize| (from..to).max_by(|a, b| activity_s[*a].total_cmp(&activity_s[*b]));
    let (from, to) = (peak(0, at)?, peak(at, 10)?);
    let valley = activity_s[from + 1..to].iter().any(|s| *s < VALLEY * activity_s[to]);
    (quiet.min(active) > SOME * all && high - low >= APART && valley).then_some(at)
}

/// Looks at the time below `cut_a`. `rhythm`: the load switches there by itself around the clock.
pub(crate) fn look(seen: &Evidence<'_>, cut_a: f32, rhythm: bool) -> Low {
    let typical = |from_a, to_a| seen.histogram.moments(from_a, to_a).map_or(0.0, |(mean, ..)| from_scale(mean));
    let (low_a, work_a) = (typical(0.0, cut_a), typical(cut_a, f32::INFINITY));
    let low_s = seen.histogram.between_s(0.0, cut_a);
    let at_zero = seen.histogram.between_s(0.0, ZERO_A) >= SOME * low_s;
    if rhythm {
        // A compressor's rest is standby even at no current.
        return Low { rule: LowRule::Standby, off_cut_a: ZERO_A, may_be_off: false };
    }
    // Where noise may hide that a standby comes and goes, a low level is not off for being the lowest.
    let noisy = !seen.ground.is_steady();
    if at_zero {
        let all: f32 = seen.activity_s.iter().sum();
        let active: f32 = seen.activity_s.iter().skip(1).sum();
        return Low { rule: LowRule::Activity, off_cut_a: ZERO_A, may_be_off: active <= SOME * all && !noisy };
    }
    // The sensor never shows zero: its own offset, or a standby.
    let offset = low_a < ZERO_OF_WORK * work_a || seen.rated_a.is_some_and(|rated_a| low_a < ZERO_OF_RATED * rated_a);
    let off_cut_a = (0.35 * low_a).max(ZERO_A);
    let rule = if offset {
        LowRule::Off
    } else if low_a >= PLAIN_A {
        LowRule::Cut
    } else {
        LowRule::Activity
    };
    Low { rule, off_cut_a, may_be_off: offset || low_a < PLAIN_A && !noisy }
}

/// The share of samples above zero that parts standby from off: half of what the standby usually shows, or, where
/// noise makes some of a zero's samples stand out, what lies between the two.
pub(crate) fn standby_share(activity_s: &[f32; 10], ground: Ground) -> f32 {
    if let Some(at) = parted_at(activity_s).filter(|_| ground.noise_a > 0.0) {
        return at as f32 * ground.activity_class();
    }
    let all: f32 = activity_s.iter().sum();
    if ground.at_a >= ZERO_A && activity_s[0] <= SOME * all {
        // Never seen quiet there: half of the least that it lastingly shows.
        let mut left = SOME * all;
        let least = activity_s.iter().position(|s| {
            left -= s;
            left < 0.0
        });
        return 0.5 * (least.unwrap_or(0) as f32 + 0.5) * ground.activity_class();
    }
    let active = || activity_s.iter().enumerate().skip(1);
    let active_s: f32 = active().map(|(_, s)| s).sum();
    if active_s <= SOME * all {
        return ThresholdModel::STANDBY_SHARE;
    }
    let mean = active().map(|(class, s)| s * (class as f32 + 0.5) / 10.0).sum::<f32>() / active_s;
    (0.5 * mean).clamp(0.12, 0.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_usual_activities_are_parted_in_their_valley() {
        assert_eq!(parted_at(&[5.0, 60.0, 8.0, 0.0, 1.0, 12.0, 14.0, 0.0, 0.0, 0.0]), Some(4));
        // One with some play, and one that is hardly ever left.
        assert_eq!(parted_at(&[0.0, 7.0, 33.0, 35.0, 20.0, 5.0, 0.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(parted_at(&[99.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(parted_at(&[0.0; 10]), None);
    }

    #[test]
    fn share_is_half_of_the_usual_activity() {
        let mut activity_s = [0.0; 10];
        activity_s[0] = 900.0;
        assert_eq!(standby_share(&activity_s, Ground::default()), ThresholdModel::STANDBY_SHARE);
        activity_s[4] = 100.0;
        assert!((standby_share(&activity_s, Ground::default()) - 0.225).abs() < 1e-6);
        activity_s[9] = 1e6;
        assert_eq!(standby_share(&activity_s, Ground::default()), 0.4);
    }
}
