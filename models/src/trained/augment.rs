//! Rows that teach a network what few labels cannot.

use super::select::even_out;
use crate::features::HISTORY;
use crate::network::Generator;
use crate::sample::Level;
use crate::training::TrainingSet;

/// Adds the low rows once more, each with the history of a row of the other low level: whether an instrument that
/// does not work is off or in standby shall be told by what it draws, not by what it did before. Few labels show
/// that otherwise: two runs that ended in standby are no law.
pub(super) fn swap_histories(set: &mut TrainingSet, seed: u64) {
    const PURPOSE: u64 = 4;
    let mut generator = Generator::for_purpose(seed, PURPOSE);
    let of = |level: Level| -> Vec<usize> { (0..set.rows.len()).filter(|&i| set.targets[i] == level).collect() };
    let (off, standby) = (of(Level::Off), of(Level::Standby));
    if off.is_empty() || standby.is_empty() {
        return;
    }
    for (own, others) in [(&off, &standby), (&standby, &off)] {
        for &i in own {
            let other = set.rows[others[generator.below(others.len() as u32) as usize]];
            let mut row = set.rows[i];
            HISTORY.iter().for_each(|&h| row[h] = other[h]);
            set.weights[i] *= 0.5;
            set.rows.push(row);
            set.targets.push(set.targets[i]);
            set.weights.push(set.weights[i]);
        }
    }
    even_out(set);
}

/// Moves every (normalised) feature a little, so that the network does not learn single moments by heart.
pub(super) fn blur(set: &mut TrainingSet, seed: u64) {
    const PURPOSE: u64 = 5;
    /// The furthest move, in units of the feature's play.
    const BY: f32 = 0.1;
    let mut generator = Generator::for_purpose(seed, PURPOSE);
    set.rows.iter_mut().flatten().for_each(|feature| *feature += generator.symmetric(BY));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FEATURES;

    fn set() -> TrainingSet {
        let rows = (0..600).map(|i| [i as f32; FEATURES]).collect();
        TrainingSet::balanced(rows, (0..600).map(|i| Level::ALL[i % 3]).collect())
    }

    #[test]
    fn swapped_rows_keep_their_present() {
        let mut swapped = set();
        swap_histories(&mut swapped, 1);
        assert_eq!(swapped.rows.len(), 1_000);
        assert!(swapped.rows[600..].iter().all(|row| row[0] == row[11] && row[0] != row[HISTORY[0]]));
        assert_eq!(swapped.check(), Ok(()));
    }

    #[test]
    fn a_blur_is_small_and_the_same_for_a_seed() {
        let (mut a, mut b) = (set(), set());
        blur(&mut a, 7);
        blur(&mut b, 7);
        assert_eq!(a, b);
        let moved = |(row, old): (&[f32; FEATURES], &[f32; FEATURES])| (row[3] - old[3]).abs();
        assert!(a.rows.iter().zip(&set().rows).map(moved).all(|by| by <= 0.101));
    }
}
