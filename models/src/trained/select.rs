//! Which of the labelled moments a network is trained on, and how much each counts.

use crate::features::FEATURES;
use crate::network::Generator;
use crate::sample::Level;
use crate::training::TrainingSet;

/// How many moments are taken.
const ROWS: usize = 8_000;
/// Bounds (s) of *near* and *not far* from a change of label: each level's time within them is drawn from alike.
const NEAR_S: f32 = 90.0;
const NOT_FAR_S: f32 = 1_200.0;
const DISTANCES: usize = 3;
/// The most that one row may count, where 1 is the mean.
const MOST: f32 = 20.0;

/// A labelled moment: its features as they are, and how far (s) it is from a change of the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub(super) row: [f32; FEATURES],
    pub(super) level: Level,
    pub(super) from_change_s: f32,
}

/// A training set out of these moments. Each stratum (level, distance from a change) gives the same number of
/// rows, even in time. A row counts for the time it stands for, divided by the root of its level's share, so
/// that a rare level is heard without being shouted.
pub(super) fn select(moments: &[Moment], seed: u64) -> TrainingSet {
    const PURPOSE: u64 = 3;
    let mut generator = Generator::for_purpose(seed, PURPOSE);
    let mut strata: [Vec<usize>; 3 * DISTANCES] = Default::default();
    for (i, moment) in moments.iter().enumerate() {
        let distance = usize::from(moment.from_change_s >= NEAR_S) + usize::from(moment.from_change_s >= NOT_FAR_S);
        strata[moment.level.index() * DISTANCES + distance].push(i);
    }
    let of_level = |level: usize| strata[level * DISTANCES..][..DISTANCES].iter().map(Vec::len).sum::<usize>() as f32;
    let (all, counts) = (moments.len() as f32, [0, 1, 2].map(of_level));
    let quota = ROWS / strata.iter().filter(|s| !s.is_empty()).count().max(1);
    let mut set = TrainingSet::default();
    for (i, stratum) in strata.iter().enumerate().filter(|(_, s)| !s.is_empty()) {
        let taken = quota.min(stratum.len());
        let weight = stratum.len() as f32 / taken as f32 / (counts[i / DISTANCES] * all).sqrt();
        for nth in 0..taken {
            let place = (nth as f32 + generator.unit()) / taken as f32 * stratum.len() as f32;
            let moment = moments[stratum[(place as usize).min(stratum.len() - 1)]];
            set.rows.push(moment.row);
            set.targets.push(moment.level);
            set.weights.push(weight);
        }
    }
    even_out(&mut set);
    set
}

/// Weights 1 in the mean, none above [`MOST`].
pub(super) fn even_out(set: &mut TrainingSet) {
    let mean = set.weights.iter().sum::<f32>() / set.weights.len().max(1) as f32;
    if mean > 0.0 {
        set.weights.iter_mut().for_each(|w| *w = (*w / mean).min(MOST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments() -> Vec<Moment> {
        (0..50_000)
            .map(|i| {
                let level = if i % 10_000 < 20 { Level::On } else { Level::ALL[(i / 10_000) % 2] };
                Moment { row: [i as f32; FEATURES], level, from_change_s: (i % 10_000) as f32 }
            })
            .collect()
    }

    #[test]
    fn rare_levels_are_taken_whole_and_all_have_weight() {
        let set = select(&moments(), 1);
        assert_eq!(set.counts()[Level::On.index()], 100);
        assert!((1_000..=ROWS).contains(&set.rows.len()), "{}", set.rows.len());
        assert_eq!(set.check(), Ok(()));
        assert!(set.weights.iter().all(|w| (0.0..=MOST).contains(w)));
    }

    #[test]
    fn a_seed_gives_the_same_rows() {
        assert_eq!(select(&moments(), 1), select(&moments(), 1));
        assert_ne!(select(&moments(), 1), select(&moments(), 2));
    }
}
