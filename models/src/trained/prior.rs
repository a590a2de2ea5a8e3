//! How often each level was seen.

use serde::{Deserialize, Serialize};

use super::select::Moment;
use crate::features::FEATURES;
use crate::network::Weights;
use crate::sample::Level;

/// What a network's logits are shifted by. Its training hears rare levels louder than they are (by the root of
/// their share); the shift takes that back, so that its posterior is that of this instrument's time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Prior {
    shift: [f32; 3],
    seen: [bool; 3],
}

impl Prior {
    /// As good as never, but finite: for levels never seen.
    const NEVER: f32 = -30.0;

    /// The prior of labelled moments.
    pub(super) fn of(moments: &[Moment]) -> Self {
        let share = |level: Level| {
            let of_level = moments.iter().filter(|m| m.level == level).count();
            of_level as f32 / moments.len().max(1) as f32
        };
        let shares = Level::ALL.map(share);
        Self { shift: shares.map(|s| 0.5 * s.max(1e-6).ln()), seen: shares.map(|s| s > 0.0) }
    }

    /// The levels seen, in the order off, standby, on.
    pub(super) fn seen(&self) -> [bool; 3] {
        self.seen
    }

    /// The logarithms of the probabilities of each level, by what the network says of normalised features; not
    /// numbers where it fails, so that this is never a verdict.
    pub(super) fn log_posterior(&self, weights: &Weights, row: &[f32; FEATURES]) -> [f32; 3] {
        let mut logits = weights.logits(row);
        let mut highest = f32::MIN;
        for ((logit, shift), seen) in logits.iter_mut().zip(self.shift).zip(self.seen) {
            *logit += shift;
            highest = if seen { highest.max(*logit) } else { highest };
        }
        let all: f32 = logits.iter().zip(self.seen).filter(|(_, seen)| *seen).map(|(l, _)| (l - highest).exp()).sum();
        let all = highest + all.ln();
        for (logit, seen) in logits.iter_mut().zip(self.seen) {
            *logit = if seen { *logit - all } else { Self::NEVER };
            // Not `max`, which would make a number of what is none.
            *logit = if *logit < Self::NEVER { Self::NEVER } else { *logit };
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prior(levels: &[Level]) -> Prior {
        let moment = |&level: &Level| Moment { row: [0.0; FEATURES], level, from_change_s: 0.0 };
        Prior::of(&levels.iter().map(moment).collect::<Vec<_>>())
    }

    #[test]
    fn posteriors_sum_to_one_over_the_levels_seen() {
        let weights = Weights::init(1);
        let two = prior(&[Level::Off, Level::On, Level::On]);
        assert_eq!(two.seen(), [true, false, true]);
        let logs = two.log_posterior(&weights, &[0.3; FEATURES]);
        assert!((logs[0].exp() + logs[2].exp() - 1.0).abs() < 1e-5 && logs[1] < -20.0);
    }

    #[test]
    fn a_rare_level_needs_more() {
        let weights = Weights::init(1);
        let of = |p: Prior| p.log_posterior(&weights, &[0.3; FEATURES])[2];
        assert!(of(prior(&[Level::Off, Level::Off, Level::Off, Level::On])) < of(prior(&[Level::Off, Level::On])));
    }

    #[test]
    fn what_is_not_a_number_stays_none() {
        let all = prior(&Level::ALL);
        assert!(all.log_posterior(&Weights::init(1), &[f32::NAN; FEATURES]).iter().all(|l| l.is_nan()));
    }
}
