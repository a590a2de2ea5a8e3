//! What one instrument is trained on.

use super::error::TrainingError;
use crate::features::FEATURES;
use crate::network::LEVELS;
use crate::sample::Level;

/// One instrument's labelled windows; the three go together by index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingSet {
    /// The features of each window.
    pub rows: Vec<[f32; FEATURES]>,
    /// The level at each window.
    pub targets: Vec<Level>,
    /// How much each window counts, 0 or more: larger for rare levels.
    pub weights: Vec<f32>,
}

impl TrainingSet {
    /// Weights by which every level present counts the same in all, 1 in the mean.
    #[must_use]
    pub fn balanced(rows: Vec<[f32; FEATURES]>, targets: Vec<Level>) -> Self {
        let mut counts = [0_usize; LEVELS];
        for target in &targets {
            counts[target.index()] += 1;
        }
        let present = counts.iter().filter(|&&c| c > 0).count();
        let share = |level: Level| targets.len() as f32 / (present * counts[level.index()]) as f32;
        let weights = targets.iter().map(|&t| share(t)).collect();
        Self { rows, targets, weights }
    }

    /// Windows of each level, in the order off, standby, on. A level with none cannot be learned: the
    /// network will hardly ever say it.
    #[must_use]
    pub fn counts(&self) -> [usize; LEVELS] {
        let mut counts = [0; LEVELS];
        self.targets.iter().for_each(|t| counts[t.index()] += 1);
        counts
    }

    /// Whether it can be trained on. One level alone can: the network then says that level.
    ///
    /// # Errors
    /// [`TrainingError`], the first thing that is wrong.
    pub fn check(&self) -> Result<(), TrainingError> {
        let (rows, targets, weights) = (self.rows.len(), self.targets.len(), self.weights.len());
        if rows != targets || rows != weights {
            return Err(TrainingError::Lengths { rows, targets, weights });
        }
        if rows == 0 {
            return Err(TrainingError::Empty);
        }
        let wrong = |row: &[f32; FEATURES]| row.iter().position(|f| !f.is_finite());
        if let Some((row, feature)) = self.rows.iter().enumerate().find_map(|(i, r)| wrong(r).map(|f| (i, f))) {
            return Err(TrainingError::Feature { row, feature });
        }
        if let Some(row) = self.weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            return Err(TrainingError::Importance { row });
        }
        if self.weights.iter().all(|&w| w == 0.0) {
            return Err(TrainingError::NoImportance);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On};

    #[test]
    fn balanced_levels_count_the_same() {
        let set = TrainingSet::balanced(vec![[0.0; FEATURES]; 4], vec![Off, Off, Off, On]);
        assert_eq!(set.weights, [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]);
        assert_eq!(set.counts(), [3, 0, 1]);
        assert_eq!(set.check(), Ok(()));
        assert!(TrainingSet::balanced(vec![], vec![]).weights.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = TrainingSet::balanced(vec![[0.0; FEATURES]; 2], vec![Off, On]);
        assert_eq!(TrainingSet::default().check(), Err(TrainingError::Empty));
        let short = TrainingSet { targets: vec![Off], ..good.clone() };
        assert_eq!(short.check(), Err(TrainingError::Lengths { rows: 2, targets: 1, weights: 2 }));
        let mut nan = good.clone();
        nan.rows[1][3] = f32::NAN;
        assert_eq!(nan.check(), Err(TrainingError::Feature { row: 1, feature: 3 }));
        let negative = TrainingSet { weights: vec![1.0, -1.0], ..good.clone() };
        assert_eq!(negative.check(), Err(TrainingError::Importance { row: 1 }));
        let nothing = TrainingSet { weights: vec![0.0; 2], ..good };
        assert_eq!(nothing.check(), Err(TrainingError::NoImportance));
    }
}
