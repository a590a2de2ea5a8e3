//! Finding cuts between levels in a histogram.

use super::histogram::Histogram;
use crate::signal::{from_scale, to_scale};

/// Bins with less than this share of the time are taken for spikes and edges, not levels.
const RARE: f32 = 1e-5;
/// On the scale, what lies closer together than this is one level.
const ONE_LEVEL: f32 = 0.7;
/// Currents (A) that never pass this are one level: nothing there can be told from a sensor's noise.
const ALL_NOISE_A: f32 = 0.03;

/// The cut (A) between the low and the high levels, `None` if there is a single level: two clusters by
/// k-means over the heights that occur, each weighted by the root of its time so that a rare level
/// counts too.
pub(crate) fn base_cut(histogram: &Histogram) -> Option<f32> {
    let total = histogram.total_s();
    let seen: Vec<(f32, f32)> =
        histogram.bins().filter(|(_, s)| *s > RARE * total).map(|(a, s)| (to_scale(a), (s / total).sqrt())).collect();
    let (&(lowest, _), &(highest, _)) = (seen.first()?, seen.last()?);
    let (bottom_a, top_a) = (histogram.quantile_a(0.01), histogram.quantile_a(0.999));
    if highest - lowest < ONE_LEVEL || top_a < ALL_NOISE_A {
        return plateaus(histogram, 0.0).filter(|_| top_a >= ALL_NOISE_A);
    }
    if bottom_a > 0.05 && top_a < 4.0 * bottom_a {
        // Never near zero, and never far up: one level with some play, unless it is clearly two.
        return plateaus(histogram, 0.0);
    }
    Some(from_scale(two_means(&seen, lowest, highest)))
}

/// The cut half-way between two clusters of weighted places on the scale.
fn two_means(places: &[(f32, f32)], lowest: f32, highest: f32) -> f32 {
    let (mut low, mut high) = (lowest, highest);
    for _ in 0..50 {
        let cut = 0.5 * (low + high);
        let mean = |upper: bool, otherwise: f32| {
            let side = places.iter().filter(|(x, _)| (*x >= cut) == upper);
            let (sum, weight) = side.fold((0.0, 0.0), |(sum, weight), (x, w)| (sum + x * w, weight + w));
            if weight > 0.0 { sum / weight } else { otherwise }
        };
        let next = (mean(false, low), mean(true, high));
        let moved = (next.0 - low).abs() + (next.1 - high).abs();
        (low, high) = next;
        if moved < 1e-5 {
            break;
        }
    }
    0.5 * (low + high)
}

/// The cut (A) between a narrow idle plateau and what lies above it, looking only at currents from
/// `from_a` (A): both must last, and the current must hardly ever stand in between.
pub(crate) fn plateaus(histogram: &Histogram, from_a: f32) -> Option<f32> {
    /// The least share of the time for each side.
    const LASTING: f32 = 0.05;
    /// The widest idle plateau (standard deviation on the scale).
    const NARROW: f32 = 0.15;
    /// How far apart (on the scale) the two must be: about a third more current.
    const APART: f32 = 0.3;
    /// The most time in between, as a share of both sides' time: what the steps up and down take.
    const EMPTY: f32 = 0.04;

    let all_s = histogram.between_s(from_a, f32::INFINITY);
    let upper = histogram.bins().filter(|(a, _)| *a >= from_a);
    let mut best: Option<(f32, f32)> = None;
    for ((below_a, _), (above_a, _)) in upper.clone().zip(upper.skip(1)) {
        let at_a = from_scale(0.5 * (to_scale(below_a) + to_scale(above_a)));
        let Some((idle, play, idle_s)) = histogram.moments(from_a, at_a) else { continue };
        let Some((work, _, work_s)) = histogram.moments(at_a, f32::INFINITY) else { continue };
        let apart = work - idle;
        if play > NARROW || apart < APART || idle_s.min(work_s) < LASTING * all_s {
            continue;
        }
        let (from, to) = (from_scale(idle + 0.3 * apart), from_scale(idle + 0.7 * apart));
        let between = histogram.between_s(from, to) / all_s;
        if between <= EMPTY && best.is_none_or(|(least, _)| between < least) {
            best = Some((between, from_scale(idle + 0.5 * apart)));
        }
    }
    best.map(|(_, cut_a)| cut_a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(parts: &[(f32, f32)]) -> Histogram {
        let mut h = Histogram::new();
        for &(current_a, seconds) in parts {
            // A little play around each level.
            for (factor, share) in [(0.95, 0.25), (1.0, 0.5), (1.05, 0.25)] {
                h.add(current_a * factor, seconds * share);
            }
        }
        h
    }

    #[test]
    fn a_rare_high_level_is_found() {
        let cut = base_cut(&histogram(&[(0.0, 86_000.0), (5.0, 400.0)])).unwrap();
        assert!((0.05..2.0).contains(&cut), "{cut}");
    }

    #[test]
    fn one_level_has_no_cut() {
        assert_eq!(base_cut(&histogram(&[(2.0, 86_400.0)])), None);
        assert_eq!(base_cut(&histogram(&[(0.0, 80_000.0), (0.0087, 6_400.0)])), None);
        assert_eq!(base_cut(&Histogram::new()), None);
        let play: Vec<_> = (0..20).map(|i| (1.0 * 1.06_f32.powi(i), 100.0)).collect();
        assert_eq!(base_cut(&histogram(&play)), None);
    }

    #[test]
    fn idle_and_work_never_off_are_two() {
        let cut = base_cut(&histogram(&[(0.8, 5_000.0), (2.4, 9_000.0)])).unwrap();
        assert!((1.0..2.0).contains(&cut), "{cut}");
    }

    #[test]
    fn plateaus_need_an_empty_middle() {
        let two = histogram(&[(0.0, 50_000.0), (0.8, 8_000.0), (3.0, 9_000.0)]);
        let cut = plateaus(&two, 0.1).unwrap();
        assert!((1.0..2.5).contains(&cut), "{cut}");
        let filled = histogram(&[(0.8, 8_000.0), (1.2, 2_000.0), (1.6, 2_000.0), (2.2, 2_000.0), (3.0, 9_000.0)]);
        assert_eq!(plateaus(&filled, 0.1), None);
    }
}
