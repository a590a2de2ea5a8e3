use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The newest readings of an instrument, for the page that opens now: at one reading a second about ten minutes.
///
/// Times are kept as distances to the reading before, so that a full window takes 4.8 KB and not 16 KB: there are
/// 10,000 of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window {
    oldest_ms: i64,
    newest_ms: i64,
    /// Milliseconds since the reading before (0 for the oldest), ampere.
    readings: VecDeque<(u32, f32)>,
}

impl Window {
    /// The most readings kept.
    pub(crate) const CAPACITY: usize = 600;

    /// Room is made in steps of this many readings.
    const GROWTH: usize = 100;

    /// Adds a reading newer than all before it. A silence of over 49 days empties the window first.
    pub(crate) fn push(&mut self, ts_ms: i64, current_a: f32) {
        let step = match u32::try_from(ts_ms - self.newest_ms) {
            Ok(step) if !self.readings.is_empty() => step,
            _ => {
                self.readings.clear();
                self.oldest_ms = ts_ms;
                0
            }
        };
        if self.readings.len() == Self::CAPACITY {
            self.readings.pop_front();
            if let Some(first) = self.readings.front_mut() {
                self.oldest_ms += i64::from(first.0);
                first.0 = 0;
            }
        } else if self.readings.len() == self.readings.capacity() {
            self.readings.reserve_exact(Self::GROWTH);
        }
        self.readings.push_back((step, current_a));
        self.newest_ms = ts_ms;
    }

    /// The newest reading.
    pub(crate) fn newest(&self) -> Option<(i64, f32)> {
        self.readings.back().map(|reading| (self.newest_ms, reading.1))
    }

    /// The readings, oldest first: UTC milliseconds and ampere.
    pub(crate) fn to_vec(&self) -> Vec<(i64, f32)> {
        let mut ts_ms = self.oldest_ms;
        self.readings
            .iter()
            .map(|&(step, current_a)| {
                ts_ms += i64::from(step);
                (ts_ms, current_a)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order_with_their_times() {
        let mut window = Window::default();
        let start = 1_700_000_000_000;
        for n in 0..1_000 {
            window.push(start + n * 997, 0.5);
        }
        let kept = window.to_vec();
        assert_eq!(kept.len(), Window::CAPACITY);
        let times: Vec<i64> = kept.iter().map(|reading| reading.0).collect();
        let expected: Vec<i64> = (400..1_000).map(|n| start + n * 997).collect();
        assert_eq!(times, expected);
    }

    #[test]
    fn a_silence_too_long_to_count_starts_afresh() {
        let mut window = Window::default();
        window.push(0, 1.0);
        window.push(5_000_000_000, 2.0);
        assert_eq!(window.to_vec(), [(5_000_000_000, 2.0)]);
    }
}
