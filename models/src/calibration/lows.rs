//! What the current below the lowest cut means: off, standby, or both.

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
    if at_zero {
        let all: f32 = seen.activity_s.iter().sum();
        let active: f32 = seen.activity_s.iter().skip(1).sum();
        return Low { rule: LowRule::Activity, off_cut_a: ZERO_A, may_be_off: active <= SOME * all };
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
    Low { rule, off_cut_a, may_be_off: offset || low_a < PLAIN_A }
}

/// The share of samples above zero that parts standby from off: half of what the standby usually shows.
pub(crate) fn standby_share(activity_s: &[f32; 10]) -> f32 {
    let all: f32 = activity_s.iter().sum();
    let active = || activity_s.iter().enumerate().skip(1);
    let active_s: f32 = active().map(|(_, s)| s).sum();
    if active_s <= SOME * all {
        return ThresholdModel::STANDBY_SHARE;
    }
    let mean = active().map(|(tenth, s)| s * (tenth as f32 + 0.5) / 10.0).sum::<f32>() / active_s;
    (0.5 * mean).clamp(0.12, 0.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_half_of_the_usual_activity() {
        let mut activity_s = [0.0; 10];
        activity_s[0] = 900.0;
        assert_eq!(standby_share(&activity_s), ThresholdModel::STANDBY_SHARE);
        activity_s[4] = 100.0;
        assert!((standby_share(&activity_s) - 0.225).abs() < 1e-6);
        activity_s[9] = 1e6;
        assert_eq!(standby_share(&activity_s), 0.4);
    }
}
