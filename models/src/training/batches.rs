//! How a set's rows are cut into steps. Only the set's own size decides, so that neighbours change nothing.

use super::set::TrainingSet;
use crate::features::FEATURES;
use crate::network::{Generator, LEVELS};

/// Rows of a step come in multiples of this, so that sets of nearly one size stack.
const GRAIN: usize = 32;

/// The steps of one epoch: only sets with the same layout can be stacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Layout {
    /// Steps of an epoch.
    pub(super) steps: usize,
    /// Rows of each, those with weight 0 that fill it included.
    pub(super) rows: usize,
}

impl Layout {
    /// As few steps as `batch` allows, their rows as even as can be.
    pub(super) fn of(rows: usize, batch: usize) -> Self {
        let batch = batch.max(1);
        let steps = rows.div_ceil(batch).max(1);
        let even = rows.div_ceil(steps);
        Self { steps, rows: even.next_multiple_of(GRAIN).min(batch) }
    }
}

/// One instrument's rows in the order of its own generator, a new one every epoch.
pub(super) struct Shuffled<'a> {
    set: &'a TrainingSet,
    order: Vec<u32>,
    generator: Generator,
}

impl<'a> Shuffled<'a> {
    pub(super) fn new(set: &'a TrainingSet, seed: u64) -> Self {
        const PURPOSE: u64 = 2;
        let order = (0..u32::try_from(set.rows.len()).unwrap_or(u32::MAX)).collect();
        Self { set, order, generator: Generator::for_purpose(seed, PURPOSE) }
    }

    pub(super) fn shuffle(&mut self) {
        self.generator.shuffle(&mut self.order);
    }

    /// Appends the rows of one step, and for each level of each row its share in the step's loss: the row's
    /// weight over the sum of the step's weights at its target, 0 elsewhere and in the filling rows.
    pub(super) fn append(&self, step: usize, layout: Layout, rows: &mut Vec<f32>, shares: &mut Vec<f32>) {
        let bound = |s: usize| s * self.order.len() / layout.steps;
        let picked = &self.order[bound(step)..bound(step + 1)];
        let sum: f32 = picked.iter().map(|&i| self.set.weights[i as usize]).sum();
        // Weights so large that their sum overflows count as nothing rather than as NaN.
        let scale = if sum > 0.0 && sum.is_finite() { 1.0 / sum } else { 0.0 };
        for &i in picked {
            let i = i as usize;
            rows.extend_from_slice(&self.set.rows[i]);
            let mut share = [0.0; LEVELS];
            share[self.set.targets[i].index()] = self.set.weights[i] * scale;
            shares.extend_from_slice(&share);
        }
        let filling = layout.rows - picked.len();
        rows.resize(rows.len() + filling * FEATURES, 0.0);
        shares.resize(shares.len() + filling * LEVELS, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Level;

    #[test]
    fn rows_are_spread_evenly() {
        assert_eq!(Layout::of(2_000, 250), Layout { steps: 8, rows: 250 });
        assert_eq!(Layout::of(251, 250), Layout { steps: 2, rows: 128 });
        assert_eq!(Layout::of(1, 250), Layout { steps: 1, rows: 32 });
        assert_eq!(Layout::of(3, 1), Layout { steps: 3, rows: 1 });
        for n in 1..3_000 {
            let layout = Layout::of(n, 250);
            let largest = (0..layout.steps).map(|s| (s + 1) * n / layout.steps - s * n / layout.steps).max();
            assert!(largest.unwrap() <= layout.rows, "{n}: {layout:?}");
        }
    }

    #[test]
    fn an_epoch_sees_every_row_once() {
        let rows: Vec<[f32; FEATURES]> = (1..=70).map(|i| [i as f32; FEATURES]).collect();
        let set = TrainingSet { rows, targets: vec![Level::On; 70], weights: vec![1.0; 70] };
        let layout = Layout::of(70, 40);
        let mut shuffled = Shuffled::new(&set, 9);
        shuffled.shuffle();
        let (mut rows, mut shares) = (Vec::new(), Vec::new());
        for step in 0..layout.steps {
            shuffled.append(step, layout, &mut rows, &mut shares);
            assert_eq!((rows.len(), shares.len()), ((step + 1) * 40 * FEATURES, (step + 1) * 40 * LEVELS));
        }
        let mut seen: Vec<f32> = rows.chunks(FEATURES).map(|r| r[0]).filter(|&v| v > 0.0).collect();
        seen.sort_by(f32::total_cmp);
        assert_eq!(seen, (1..=70).map(|i| i as f32).collect::<Vec<_>>());
        assert!((shares.iter().sum::<f32>() - 2.0).abs() < 1e-5);
        assert!(shares.chunks(LEVELS).all(|s| s[0] == 0.0 && s[1] == 0.0));
    }
}
