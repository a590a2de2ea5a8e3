//! How long the current stood at which height.

use serde::{Deserialize, Serialize};

use super::ground::Ground;
use crate::signal::to_scale;

/// A time-weighted histogram of the current: one bin for zero, then four an octave from 2 mA to 2 kA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Histogram {
    /// Seconds in each bin.
    seconds: Box<[f32]>,
}

/// The lowest current (A) that is not "zero".
pub(crate) const ZERO_A: f32 = 0.002;
const BINS_PER_OCTAVE: f32 = 4.0;
const BINS: usize = 81;

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { seconds: vec![0.0; BINS].into_boxed_slice() }
    }

    /// Adds time at a current (A, not negative).
    pub(crate) fn add(&mut self, current_a: f32, seconds: f32) {
        if let Some(held) = self.seconds.get_mut(Self::bin(current_a)) {
            *held += seconds;
        }
    }

    fn bin(current_a: f32) -> usize {
        let above = ((current_a / ZERO_A).log2() * BINS_PER_OCTAVE) as usize;
        if current_a < ZERO_A { 0 } else { above.saturating_add(1).min(BINS - 1) }
    }

    /// Bytes beside the struct itself.
    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.seconds)
    }

    /// Halves the weight of all that was seen.
    pub(crate) fn halve(&mut self) {
        self.seconds.iter_mut().for_each(|s| *s *= 0.5);
    }

    /// The bins that hold anything: (middle current in A, seconds), from low to high.
    pub(crate) fn bins(&self) -> impl DoubleEndedIterator<Item = (f32, f32)> + Clone {
        self.seconds.iter().enumerate().filter(|(_, s)| **s > 0.0).map(|(bin, &s)| (Self::middle_a(bin), s))
    }

    /// All time held, s.
    pub(crate) fn total_s(&self) -> f32 {
        self.seconds.iter().sum()
    }

    /// Time (s) from one current to below another (A).
    pub(crate) fn between_s(&self, from_a: f32, to_a: f32) -> f32 {
        self.bins().filter(|(a, _)| (from_a..to_a).contains(a)).map(|(_, s)| s).sum()
    }

    /// Whether two cuts (A) part the time alike, but for a thousandth.
    pub(crate) fn same_side(&self, a: f32, b: f32) -> bool {
        self.between_s(a.min(b), a.max(b)) <= 1e-3 * self.total_s()
    }

    /// The mean and the standard deviation on the scale over a range of currents (A), and the time (s)
    /// in it; `None` if there is none.
    pub(crate) fn moments(&self, from_a: f32, to_a: f32) -> Option<(f32, f32, f32)> {
        let within = self.bins().filter(|(a, _)| (from_a..to_a).contains(a)).map(|(a, s)| (to_scale(a), s));
        let total: f32 = within.clone().map(|(_, s)| s).sum();
        if total <= 0.0 {
            return None;
        }
        let mean = within.clone().map(|(x, s)| x * s).sum::<f32>() / total;
        let variance = within.map(|(x, s)| s * (x - mean) * (x - mean)).sum::<f32>() / total;
        Some((mean, variance.sqrt(), total))
    }

    /// The current (A) below which a share (0 to 1) of the time lies.
    pub(crate) fn quantile_a(&self, share: f32) -> f32 {
        let mut left = share * self.total_s();
        let mut last = 0.0;
        for (a, s) in self.bins() {
            left -= s;
            last = a;
            if left <= 0.0 {
                break;
            }
        }
        last
    }

    /// The edges (A) of the bin below which a share (0 to 1) of the time below `low_a` lies.
    pub(crate) fn edges_at(&self, share: f32, low_a: f32) -> Option<(f32, f32)> {
        let mut left = share * self.between_s(0.0, low_a);
        let bins = self.seconds.iter().enumerate().filter(|(_, s)| **s > 0.0);
        let bin = bins.take_while(|(bin, _)| Self::middle_a(*bin) < low_a).find_map(|(bin, s)| {
            left -= s;
            (left <= 0.0).then_some(bin)
        })?;
        let edge_a = |bin: usize| ZERO_A * (bin as f32 / BINS_PER_OCTAVE).exp2();
        Some((if bin == 0 { 0.0 } else { edge_a(bin - 1) }, edge_a(bin)))
    }

    /// Time (s) in the bin of a current (A) and in the one above it.
    pub(crate) fn at_and_above(&self, current_a: f32) -> (f32, f32) {
        let bin = Self::bin(current_a);
        let held = |bin: usize| self.seconds.get(bin).copied().unwrap_or(0.0);
        (held(bin), held(bin + 1))
    }

    /// What a sensor would have shown whose zero is zero, and whose noise is not seen.
    pub(crate) fn above(&self, zero: Ground) -> Self {
        let mut shifted = Self::new();
        for (a, s) in self.bins() {
            shifted.add(if a < zero.cut_a { 0.0 } else { a - zero.at_a }, s);
        }
        shifted
    }

    fn middle_a(bin: usize) -> f32 {
        if bin == 0 { 0.0 } else { ZERO_A * ((bin as f32 - 0.5) / BINS_PER_OCTAVE).exp2() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_current_has_a_bin_near_it() {
        for current_a in [0.003_f32, 0.0087, 1.0, 16.0, 1_500.0] {
            let mut h = Histogram::new();
            h.add(current_a, 1.0);
            let (middle, s) = h.bins().next().unwrap();
            assert!((middle / current_a - 1.0).abs() < 0.1, "{current_a}: {middle}");
            assert_eq!(s, 1.0);
        }
        let mut h = Histogram::new();
        h.add(0.0, 1.0);
        h.add(f32::MAX, 1.0);
        assert_eq!(h.total_s(), 2.0);
    }

    #[test]
    fn quantiles_and_moments() {
        let mut h = Histogram::new();
        h.add(0.0, 60.0);
        h.add(1.0, 40.0);
        assert_eq!(h.quantile_a(0.5), 0.0);
        assert!((h.quantile_a(0.9) - 1.0).abs() < 0.1);
        assert_eq!(h.between_s(0.5, 2.0), 40.0);
        let (mean, spread, s) = h.moments(0.5, 2.0).unwrap();
        assert!((mean - to_scale(1.0)).abs() < 0.1 && spread < 1e-3 && s == 40.0);
        assert_eq!(h.moments(2.0, 3.0), None);
    }
}
