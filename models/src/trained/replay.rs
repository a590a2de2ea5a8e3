//! The training part once more, thinned, to fit the filter on.

use crate::features::FEATURES;
use crate::filter::Posterior;
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
    /// The last moment left out, which stands for all since the last one kept.
    left_out: Option<Moment>,
}

impl Replay {
    /// Features that moved less than this since the last moment kept say nothing new.
    const MOVED: f32 = 0.25;
    /// A moment is kept after this long (s) in any case.
    const LONGEST_S: f32 = 15.0;

    /// Takes a moment with normalised features.
    pub(super) fn push(&mut self, ts_ms: i64, covered_s: f32, row: [f32; FEATURES], label: Option<Level>) {
        let same = self.kept.last().is_some_and(|last| {
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < Self::MOVED;
            last.label == label && last.row.iter().zip(&row).all(near)
        });
        let left_out_s = self.left_out.map_or(0.0, |m| m.covered_s);
        if same && left_out_s + covered_s < Self::LONGEST_S {
            self.left_out = Some(Moment { ts_ms, covered_s: left_out_s + covered_s, row, label });
            return;
        }
        // What was left out ends before the change: its time speaks for what was then.
        self.kept.extend(self.left_out.take());
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
        assert!((75..=90).contains(&said.len()), "{}", said.len());
        assert!(said.iter().any(|p| p.ts_ms == 300_000));
        let covered_s: f32 = said.iter().map(|p| p.covered_s).sum();
        assert!((covered_s - 600.0).abs() < 15.0);
    }
}
