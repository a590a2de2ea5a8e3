//! Which level was taken for which, and for how long.

use serde::{Deserialize, Serialize};

use crate::sample::Level;

/// Time-weighted confusion: `seconds[label][said]` in the order off, standby, on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// Seconds at each pair of reference label (row) and level said (column).
    pub seconds: [[f64; 3]; 3],
    /// Seconds at each reference label while the method said nothing.
    pub silent_s: [f64; 3],
}

impl Confusion {
    /// Adds `weight_s` seconds at this label, when the method said `said`.
    pub fn add(&mut self, label: Level, said: Option<Level>, weight_s: f64) {
        match said {
            Some(said) => self.seconds[label.index()][said.index()] += weight_s,
            None => self.silent_s[label.index()] += weight_s,
        }
    }

    /// Labelled time in seconds, silence included.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.seconds.iter().flatten().chain(&self.silent_s).sum()
    }

    /// Share of the labelled time at which the level said was the label; silence is wrong. 0 without labels.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right: f64 = (0..3).map(|i| self.seconds[i][i]).sum();
        ratio(right, self.total_s())
    }

    /// Seconds at this reference label.
    #[must_use]
    pub fn labelled_s(&self, level: Level) -> f64 {
        self.seconds[level.index()].iter().sum::<f64>() + self.silent_s[level.index()]
    }

    /// The F1 of one level, 2·TP / (2·TP + FP + FN) in seconds; `None` if the level is neither in the
    /// labels nor was ever said.
    #[must_use]
    pub fn f1(&self, level: Level) -> Option<f64> {
        let i = level.index();
        let labelled = self.labelled_s(level);
        let said: f64 = self.seconds.iter().map(|row| row[i]).sum();
        (labelled + said > 0.0).then(|| 2.0 * self.seconds[i][i] / (labelled + said))
    }

    /// The mean of [`Self::f1`] over the levels present in the labels (a level that is said but never
    /// labelled still costs the labelled ones their recall). 0 without labels.
    #[must_use]
    pub fn macro_f1(&self) -> f64 {
        let labelled = |l: &&Level| self.labelled_s(**l) > 0.0;
        let each: Vec<f64> = Level::ALL.iter().filter(labelled).filter_map(|&l| self.f1(l)).collect();
        ratio(each.iter().sum(), each.len() as f64)
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let mut c = Confusion::default();
        c.add(Level::Off, Some(Level::Off), 60.0);
        c.add(Level::Off, Some(Level::Standby), 10.0);
        c.add(Level::On, Some(Level::On), 20.0);
        c.add(Level::On, None, 10.0);
        assert_eq!(c.total_s(), 100.0);
        assert_eq!(c.accuracy(), 0.8);
        // off: TP 60, FN 10; standby: FP 10 only; on: TP 20, FN 10.
        assert_eq!(c.f1(Level::Off), Some(120.0 / 130.0));
        assert_eq!(c.f1(Level::Standby), Some(0.0));
        assert_eq!(c.f1(Level::On), Some(0.8));
        assert!((c.macro_f1() - (120.0 / 130.0 + 0.8) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn absent_levels_do_not_count() {
        let mut c = Confusion::default();
        c.add(Level::On, Some(Level::On), 5.0);
        assert_eq!(c.macro_f1(), 1.0);
        assert_eq!(Confusion::default().macro_f1(), 0.0);
    }
}
