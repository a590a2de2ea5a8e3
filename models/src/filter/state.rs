//! What one instrument's filter is doing now.

use serde::{Deserialize, Serialize};

use super::sticky::StickyFilter;
use crate::sample::Level;

/// The level a filter holds, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The level.
    pub level: Level,
    /// When the evidence for it began, UTC ms.
    pub since_ms: i64,
}

/// The evidence for one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Evidence {
    sum: f32,
    began_ms: i64,
}

/// The running state of a [`StickyFilter`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterState {
    held: Option<Held>,
    evidence: [Evidence; 3],
}

impl FilterState {
    /// The level held, `None` before the first posterior.
    #[must_use]
    pub fn held(&self) -> Option<Held> {
        self.held
    }

    /// Forgets the evidence gathered so far and keeps the level, as for a new model.
    pub fn forget_evidence(&mut self) {
        self.evidence = [Evidence::default(); 3];
    }

    /// Takes the logarithms of the network's posterior at `ts_ms`, which stands for `covered_s` seconds, and gives
    /// the level held then. Times must rise. What is not a number changes nothing and gives `None`.
    pub fn step(
        &mut self,
        filter: &StickyFilter,
        ts_ms: i64,
        covered_s: f32,
        log_posterior: &[f32; 3],
    ) -> Option<Held> {
        if log_posterior.iter().any(|p| p.is_nan()) || covered_s.is_nan() {
            return None;
        }
        let says = |level: Level| log_posterior[level.index()].max(f32::MIN);
        let likeliest = |a: &Level, b: &Level| says(*a).total_cmp(&says(*b));
        let Some(held) = self.held else {
            let level = Level::ALL.into_iter().max_by(likeliest)?;
            self.held = Some(Held { level, since_ms: ts_ms });
            return self.held;
        };
        let seconds = covered_s.clamp(0.0, StickyFilter::LONGEST_S);
        let bound = StickyFilter::MOST_PER_S;
        let mut reached: Option<Level> = None;
        for level in Level::ALL.into_iter().filter(|l| *l != held.level) {
            let odds = (says(level) - says(held.level)).clamp(-bound, bound);
            let evidence = &mut self.evidence[level.index()];
            if evidence.sum <= 0.0 {
                evidence.began_ms = ts_ms;
            }
            evidence.sum = (evidence.sum + seconds * odds).clamp(0.0, 2.0 * StickyFilter::HIGHEST);
            let enough = odds > 0.0 && evidence.sum >= filter.barrier(held.level, level);
            if enough && reached.is_none_or(|other| says(level) > says(other)) {
                reached = Some(level);
            }
        }
        if let Some(level) = reached {
            let since_ms = self.evidence[level.index()].began_ms.max(held.since_ms);
            self.held = Some(Held { level, since_ms });
            self.forget_evidence();
        }
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On, Standby};

    fn logs(p: [f32; 3]) -> [f32; 3] {
        p.map(f32::ln)
    }

    fn run(filter: &StickyFilter, said: impl IntoIterator<Item = [f32; 3]>) -> Vec<Held> {
        let mut state = FilterState::default();
        said.into_iter().enumerate().filter_map(|(i, p)| state.step(filter, i as i64 * 1_000, 1.0, &logs(p))).collect()
    }

    #[test]
    fn a_clear_step_passes_in_a_time_that_grows_with_the_barrier() {
        let filter = StickyFilter::new(80.0, 80.0, 80.0);
        let held = run(&filter, (0..60).map(|i| if i < 20 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] }));
        let changed = held.iter().position(|h| h.level == On).unwrap();
        assert_eq!(changed, 29);
        assert_eq!(held[changed].since_ms, 20_000);
    }

    #[test]
    fn flapping_about_even_odds_changes_nothing() {
        let filter = StickyFilter::new(20.0, 20.0, 20.0);
        let held = run(&filter, (0..600).map(|i| if i % 2 == 0 { [0.0, 0.4, 0.6] } else { [0.0, 0.6, 0.4] }));
        assert!(held.iter().all(|h| h.level == Standby || h.level == On));
        assert!(held.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn what_is_not_a_number_changes_nothing() {
        let mut state = FilterState::default();
        let filter = StickyFilter::default();
        assert_eq!(state.step(&filter, 0, 1.0, &[f32::NAN, 0.0, 0.0]), None);
        assert_eq!(state.held(), None);
        state.step(&filter, 1_000, 1.0, &logs([1.0, 0.0, 0.0]));
        let before = state;
        assert_eq!(state.step(&filter, 2_000, 1.0, &[0.0, f32::NAN, 0.0]), None);
        assert_eq!(state, before);
        assert_eq!(state.held().map(|h| h.level), Some(Off));
    }

    #[test]
    fn a_long_silence_is_not_long_evidence() {
        let mut state = FilterState::default();
        let filter = StickyFilter::new(300.0, 300.0, 300.0);
        state.step(&filter, 0, 0.0, &logs([1.0, 0.0, 0.0]));
        let held = state.step(&filter, 3_600_000, 3_600.0, &logs([0.0, 0.0, 1.0])).unwrap();
        assert_eq!(held.level, Off);
    }

    #[test]
    fn a_snapshot_goes_on_where_it_was() {
        let mut state = FilterState::default();
        let filter = StickyFilter::default();
        for i in 0..3 {
            state.step(&filter, i * 1_000, 1.0, &logs([0.2, 0.5, 0.3]));
        }
        let thawed: FilterState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(thawed, state);
    }
}
