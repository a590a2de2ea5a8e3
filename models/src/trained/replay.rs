//! The training part once more, thinned, to fit the filter on.

use crate::features::FEATURES;
use crate::filter::Posterior;
use crate::network::Weights;
use crate::sample::Level;

/// A moment of the training part.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    ts_ms: i64,
    covered_s: f32,
    row: [f32; FEATURES],
    label: Option<Level>,
}

/// The moments of the training part at which something changed, in the order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Replay {
    kept: Vec<Moment>,
    /// Time (s) that was left out since the last one kept.
    left_out_s: f32,
}

impl Replay {
    /// Features that moved less than this since the last moment kept say nothing new.
    const MOVED: f32 = 0.25;
    /// A moment is kept after this long (s) in any case.
    const LONGEST_S: f32 = 15.0;

    /// Takes a moment with normalised features.
    pub(super) fn push(&mut self, ts_ms: i64, covered_s: f32, row: [f32; FEATURES], label: Option<Level>) {
        let covered_s = covered_s + self.left_out_s;
        let same = self.kept.last().is_some_and(|last| {
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < Self::MOVED;
            last.label == label && last.row.iter().zip(&row).all(near)
        });
        if same && covered_s < Self::LONGEST_S {
            self.left_out_s = covered_s;
            return;
        }
        self.left_out_s = 0.0;
        self.kept.push(Moment { ts_ms, covered_s, row, label });
    }

    /// The normalised features along it.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32; FEATURES]> {
        self.kept.iter().map(|moment| &moment.row)
    }

    /// What a network says along it.
    pub(super) fn posteriors(&self, say: impl Fn(&[f32; FEATURES]) -> [f32; 3]) -> Vec<Posterior> {
        let said = |m: &Moment| Posterior { ts_ms: m.ts_ms, covered_s: m.covered_s, logs: say(&m.row), label: m.label };
        self.kept.iter().map(said).collect()
    }
}

/// The logarithms of the network's probabilities, levels never seen while training left out.
pub(super) fn log_posterior(weights: &Weights, seen: [bool; 3], row: &[f32; FEATURES]) -> [f32; 3] {
    /// As good as never, but finite.
    const NEVER: f32 = -30.0;
    let mut logits = weights.logits(row);
    let highest = logits.iter().zip(seen).filter(|(_, seen)| *seen).map(|(l, _)| *l).fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().zip(seen).filter(|(_, seen)| *seen).map(|(l, _)| (l - highest).exp()).sum();
    let all = highest + sum.ln();
    for (logit, seen) in logits.iter_mut().zip(seen) {
        // A logit that is not a number stays one, so that it is never a verdict.
        *logit = if seen { *logit - all } else { NEVER };
        *logit = if *logit < NEVER { NEVER } else { *logit };
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_is_left_out_but_no_time_is_lost() {
        let mut replay = Replay::default();
        for i in 0..600_i64 {
            let x = if i < 300 { 0.0 } else { 2.0 };
            replay.push(i * 1_000, 1.0, [x; FEATURES], Some(Level::On));
        }
        let said = replay.posteriors(|_| [0.0; 3]);
        assert!((40..=44).contains(&said.len()), "{}", said.len());
        assert!(said.iter().any(|p| p.ts_ms == 300_000));
        let covered_s: f32 = said.iter().map(|p| p.covered_s).sum();
        assert!((covered_s - 600.0).abs() < 15.0);
    }

    #[test]
    fn posteriors_sum_to_one_over_the_levels_seen() {
        let weights = Weights::init(1);
        let logs = log_posterior(&weights, [true, false, true], &[0.3; FEATURES]);
        assert!((logs[0].exp() + logs[2].exp() - 1.0).abs() < 1e-5 && logs[1] < -20.0);
        let nan = log_posterior(&weights, [true; 3], &[f32::NAN; FEATURES]);
        assert!(nan.iter().any(|l| l.is_nan()), "{nan:?}");
    }
}
