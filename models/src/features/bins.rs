//! A window of fixed length over time, kept as a ring of time bins.

use serde::{Deserialize, Serialize};

/// The parts of the range a current may lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The sensor's zero.
    Zero,
    /// Between zero and the high cut.
    Active,
    /// From the high cut on.
    High,
}

/// What is kept of the values in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Bin {
    /// Time covered, s.
    seconds: f32,
    /// Time integral of the value.
    sum: f32,
    /// Time integral of its square.
    squares: f32,
    /// Time (s) below the high cut.
    low: f32,
    /// Time (s) below the high cut, but above the sensor's zero.
    active: f32,
    /// Largest value; `f32::MIN` of nothing, since JSON has no infinity.
    max: f32,
}

impl Bin {
    const EMPTY: Self = Self { seconds: 0.0, sum: 0.0, squares: 0.0, low: 0.0, active: 0.0, max: f32::MIN };

    fn add(&mut self, value: f32, part: Part, seconds: f32) {
        self.seconds += seconds;
        self.sum += seconds * value;
        self.squares += seconds * value * value;
        self.low += if part == Part::High { 0.0 } else { seconds };
        self.active += if part == Part::Active { seconds } else { 0.0 };
        self.max = self.max.max(value);
    }

    fn with(mut self, other: &Self) -> Self {
        self.seconds += other.seconds;
        self.sum += other.sum;
        self.squares += other.squares;
        self.low += other.low;
        self.active += other.active;
        self.max = self.max.max(other.max);
        self
    }

    /// The largest value.
    pub(super) fn max(&self) -> f32 {
        self.max
    }

    /// The mean over time.
    pub(super) fn mean(&self) -> f32 {
        self.sum / self.seconds
    }

    /// The standard deviation over time.
    pub(super) fn deviation(&self) -> f32 {
        let mean = self.mean();
        (self.squares / self.seconds - mean * mean).max(0.0).sqrt()
    }

    /// The share of the low time that is active; a tenth where there is no low time, and near it where there is
    /// little.
    pub(super) fn activity(&self) -> f32 {
        (self.active + 2.0) / (self.low + 20.0)
    }

    /// The time below the high cut, s.
    pub(super) fn low_s(&self) -> f32 {
        self.low
    }

    /// The share of the low time that is active, as it is.
    pub(super) fn bare_activity(&self) -> f32 {
        if self.low > 0.0 { self.active / self.low } else { 0.0 }
    }

    /// The share of the time that is high.
    pub(super) fn high(&self) -> f32 {
        (1.0 - self.low / self.seconds).max(0.0)
    }
}

/// The last bins of one width, the newest still open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ring {
    width_ms: i64,
    /// Number of the open bin since the epoch.
    open: i64,
    bins: Box<[Bin]>,
    /// All bins but the open one together.
    closed: Bin,
}

impl Ring {
    /// `bins` bins of `width_ms` each: the window is between one bin less and all of them.
    pub(super) fn new(width_ms: i64, bins: usize) -> Self {
        Self { width_ms, open: i64::MIN, bins: vec![Bin::EMPTY; bins].into_boxed_slice(), closed: Bin::EMPTY }
    }

    /// Adds a value that stands for `seconds` (more than 0) up to `ts_ms`, and gives the window with it. Times
    /// must rise; constant time, but for one look over the bins when a new one opens.
    pub(super) fn push(&mut self, ts_ms: i64, value: f32, part: Part, seconds: f32) -> Bin {
        let number = ts_ms.div_euclid(self.width_ms);
        if number != self.open {
            self.advance(number);
        }
        let at = self.place(number);
        match self.bins.get_mut(at) {
            Some(bin) => {
                bin.add(value, part, seconds);
                self.closed.with(bin)
            }
            None => self.closed,
        }
    }

    /// Bytes beside the struct itself.
    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.bins)
    }

    fn place(&self, number: i64) -> usize {
        number.rem_euclid(self.bins.len().max(1) as i64) as usize
    }

    fn advance(&mut self, number: i64) {
        let passed = number.saturating_sub(self.open).clamp(0, self.bins.len() as i64);
        for back in 0..passed {
            let at = self.place(number.saturating_sub(back));
            if let Some(bin) = self.bins.get_mut(at) {
                *bin = Bin::EMPTY;
            }
        }
        self.open = number;
        self.closed = self.bins.iter().fold(Bin::EMPTY, |all, bin| all.with(bin));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_what_is_old_and_weighs_by_time() {
        let mut ring = Ring::new(10_000, 6);
        for i in 1..=300 {
            ring.push(i * 1_000, 1.0, Part::Zero, 1.0);
        }
        let window = ring.push(301_000, 7.0, Part::High, 1.0);
        assert!((50.0..=61.0).contains(&window.seconds), "{window:?}");
        assert_eq!(window.max(), 7.0);
        assert!((window.high() - 1.0 / window.seconds).abs() < 1e-6);
        assert!((window.mean() - 1.0 - 6.0 / window.seconds).abs() < 1e-5);
        let later = ring.push(500_000, 2.0, Part::Active, 4.0);
        assert_eq!((later.seconds, later.mean(), later.deviation()), (4.0, 2.0, 0.0));
        assert_eq!(later.bare_activity(), 1.0);
    }

    #[test]
    fn any_time_is_taken() {
        let mut ring = Ring::new(3_000, 5);
        for ts_ms in [i64::MIN, -5, 0, i64::MAX] {
            assert_eq!(ring.push(ts_ms, 1.0, Part::Zero, 1.0).mean(), 1.0);
        }
    }
}
