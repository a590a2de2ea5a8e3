//! The current that parts `on` from the rest, from labels.

use crate::sample::{Level, Sample};
use crate::signal::{from_scale, to_scale};

/// Bins of the scale ln(I + 10 mA).
const BINS: usize = 160;
const BINS_PER_UNIT: f32 = 10.0;
const LOWEST: f32 = -4.7;
/// How long (ms) around an edge of `on` counts.
const AROUND_MS: i64 = 120_000;
/// Cuts that part nearly as well as the best count as equal.
const NEARLY: f64 = 0.01;

/// The current (A) that best parts the readings labelled `on` from the others, around the edges of `on`, where
/// pauses inside a run count least; over all readings if there is no edge. `None` without both.
pub(super) fn learn(samples: &[Sample], labels: &[Option<Level>]) -> Option<f32> {
    let near = near_edges(samples, labels);
    let edges = near.iter().any(|&n| n);
    let mut counts = [[0.0_f64; BINS]; 2];
    for (i, pair) in samples.windows(2).enumerate() {
        let (Some(&Some(label)), Some(current_a)) = (labels.get(i), pair[0].plausible_current()) else { continue };
        if !edges || near[i] {
            let bin = ((to_scale(current_a) - LOWEST) * BINS_PER_UNIT).max(0.0) as usize;
            let covered_ms = pair[1].ts_ms.saturating_sub(pair[0].ts_ms).clamp(0, 60_000);
            counts[usize::from(label == Level::On)][bin.min(BINS - 1)] += covered_ms as f64;
        }
    }
    let total = counts.map(|c| c.iter().sum::<f64>());
    if total.contains(&0.0) {
        return None;
    }
    let mut below = [0.0; 2];
    let parted: Vec<f64> = (0..BINS)
        .map(|bin| {
            let gain = below[0] / total[0] - below[1] / total[1];
            below = [below[0] + counts[0][bin], below[1] + counts[1][bin]];
            gain
        })
        .collect();
    let best = parted.iter().copied().fold(f64::MIN, f64::max);
    let first = parted.iter().position(|&p| p == best)?;
    // The middle of the empty stretch that the best cut stands at the lower end of.
    let empty = parted[first..].iter().take_while(|&&p| p > best - NEARLY).count();
    let middle = first as f32 + 0.5 * (empty.saturating_sub(1)) as f32;
    Some(from_scale(middle / BINS_PER_UNIT + LOWEST))
}

/// Which samples lie close to a change into or out of `on`.
fn near_edges(samples: &[Sample], labels: &[Option<Level>]) -> Vec<bool> {
    let on = |i: usize| labels.get(i).copied().flatten() == Some(Level::On);
    let mut near = vec![false; samples.len()];
    for i in 1..samples.len() {
        if on(i) == on(i - 1) {
            continue;
        }
        let close = |j: &usize| samples[*j].ts_ms.saturating_sub(samples[i].ts_ms).saturating_abs() < AROUND_MS;
        let (before, after) = ((0..i).rev().take_while(close).count(), (i..samples.len()).take_while(close).count());
        near[i - before..i + after].fill(true);
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_lies_between_the_levels() {
        let mut samples = Vec::new();
        let mut labels = Vec::new();
        for i in 0..4_000_i64 {
            // Pauses inside the run look like standby.
            let on = i % 1_000 >= 500;
            let current_a = if on && i % 100 < 80 { 3.0 } else { 0.2 };
            samples.push(Sample { ts_ms: i * 5_000, current_a });
            labels.push(Some(if on { Level::On } else { Level::Standby }));
        }
        let cut_a = learn(&samples, &labels).unwrap();
        assert!((0.25..2.9).contains(&cut_a), "{cut_a}");
        assert_eq!(learn(&samples, &vec![Some(Level::On); 4_000]), None);
        assert_eq!(learn(&[], &[]), None);
    }
}
