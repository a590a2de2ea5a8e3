use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The newest readings of an instrument: those that the history may not have yet, which is written once a minute.
///
/// At one reading a second it is full after 100 seconds and takes 800 bytes: there are 10,000 of them. Times are kept as
/// distances to the reading before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window {
    oldest_ms: i64,
    newest_ms: i64,
    /// Milliseconds since the reading before (0 for the oldest), ampere.
    readings: VecDeque<(u32, f32)>,
}

impl Window {
    /// So many readings are kept always, and beyond them …
    const FEWEST: usize = 100;

    /// … those of this time before the newest, in milliseconds …
    const SPAN_MS: i64 = 90_000;

    /// … but never more than this: twenty a second.
    const MOST: usize = 1_800;

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
        while self.readings.len() >= Self::MOST || self.readings.len() >= Self::FEWEST && self.is_second_old(ts_ms) {
            self.readings.pop_front();
            if let Some(first) = self.readings.front_mut() {
                self.oldest_ms += i64::from(first.0);
                first.0 = 0;
            }
        }
        if self.readings.len() == self.readings.capacity() {
            self.readings.reserve_exact(Self::GROWTH);
        }
        self.readings.push_back((step, current_a));
        self.newest_ms = ts_ms;
    }

    /// Whether the oldest but one is old enough for the oldest to go.
    fn is_second_old(&self, now_ms: i64) -> bool {
        let second_ms = self.readings.get(1).map_or(self.oldest_ms, |second| self.oldest_ms + i64::from(second.0));
        now_ms - second_ms > Self::SPAN_MS
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
        let times: Vec<i64> = window.to_vec().iter().map(|reading| reading.0).collect();
        let expected: Vec<i64> = (900..1_000).map(|n| start + n * 997).collect();
        assert_eq!(times, expected);
    }

    #[test]
    fn a_fast_sensors_last_minute_and_a_half_is_kept_and_no_more_than_fits() {
        for (step_ms, kept) in [(100, 902), (10, 1_800), (10_000, 100)] {
            let mut window = Window::default();
            for n in 0..10_000 {
                window.push(n * step_ms, 0.5);
            }
            assert_eq!(window.to_vec().len(), kept, "{step_ms}");
        }
    }

    #[test]
    fn a_silence_too_long_to_count_starts_afresh() {
        let mut window = Window::default();
        window.push(0, 1.0);
        window.push(5_000_000_000, 2.0);
        assert_eq!(window.to_vec(), [(5_000_000_000, 2.0)]);
    }
}
