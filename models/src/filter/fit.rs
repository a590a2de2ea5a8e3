//! Learning one instrument's barriers from labelled posteriors.

use super::state::FilterState;
use super::sticky::StickyFilter;
use crate::evaluation::score_levels;
use crate::sample::{Level, Sample};

/// What the network said at one labelled moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// When, UTC ms.
    pub ts_ms: i64,
    /// The time it stands for, s.
    pub covered_s: f32,
    /// The logarithms of the probabilities.
    pub logs: [f32; 3],
    /// The true level, where known.
    pub label: Option<Level>,
}

/// The barriers tried for each way.
const TRIED: [f32; 7] = [12.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0];
/// What a false transition a day is worth in macro-F1.
const FLAP: f64 = 0.004;
/// What a barrier must win in macro-F1 for every doubling or halving of the usual one.
const DOUBLING: f64 = 3e-4;

/// The barriers that lose least over these posteriors, in the order of time: macro-F1, a little of it
/// for each false transition a day, and a little for leaving the usual barriers, so that few transitions change
/// nothing. Each barrier in turn, twice.
#[must_use]
pub fn fit(said: &[Posterior]) -> StickyFilter {
    let samples: Vec<Sample> = said.iter().map(|p| Sample { ts_ms: p.ts_ms, current_a: 0.0 }).collect();
    let labels: Vec<Option<Level>> = said.iter().map(|p| p.label).collect();
    let usual = StickyFilter::default().barriers();
    let loss = |barriers: [f32; 3]| {
        let score = score_levels(&samples, &labels, &follow(&with(barriers), said)).score;
        let moved: f32 = barriers.iter().zip(usual).map(|(b, u)| (b / u).log2().abs()).sum();
        (1.0 - score.macro_f1) + FLAP * score.false_transitions_per_day + DOUBLING * f64::from(moved)
    };
    let mut best = usual;
    let mut least = loss(best);
    for _ in 0..2 {
        for way in 0..best.len() {
            for tried in TRIED {
                let mut barriers = best;
                barriers[way] = tried;
                let found = if barriers == best { least } else { loss(barriers) };
                if found < least {
                    (best, least) = (barriers, found);
                }
            }
        }
    }
    with(best)
}

fn with([enter_on, leave_on, between_lows]: [f32; 3]) -> StickyFilter {
    StickyFilter::new(enter_on, leave_on, between_lows)
}

/// The levels a filter says along posteriors.
fn follow(filter: &StickyFilter, said: &[Posterior]) -> Vec<Option<Level>> {
    let mut state = FilterState::default();
    said.iter()
        .map(|p| {
            state.step(filter, p.ts_ms, p.covered_s, &p.logs);
            state.held().map(|h| h.level)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_that_look_like_standby_are_held_over() {
        // Runs of 20 min with pauses of 60 s in which the network is sure of standby; rests of 1 h.
        let said: Vec<Posterior> = (0..40_000_i64)
            .map(|i| {
                let ts_s = i * 5;
                let within = ts_s % 4_800;
                let on = within < 1_200;
                let seems_on = on && within % 300 < 240;
                let logs = if seems_on { [0.001_f32, 0.009, 0.99] } else { [0.001, 0.989, 0.01] }.map(f32::ln);
                let label = Some(if on { Level::On } else { Level::Standby });
                Posterior { ts_ms: ts_s * 1_000, covered_s: 5.0, logs, label }
            })
            .collect();
        let leave = fit(&said).barrier(Level::On, Level::Standby);
        assert!(leave >= 60.0 * 4.0, "{leave}");
    }

    #[test]
    fn nothing_to_learn_from_leaves_the_default() {
        assert_eq!(fit(&[]), StickyFilter::default());
    }
}
