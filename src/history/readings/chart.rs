//! A span of readings as few enough bins for a chart, each with its lowest, mean and highest current, so that no peak is
//! lost however long the span is.

use super::minutes::{DAY_MS, MINUTE_MS, Minute};
use super::query::ReadingsError;
use super::table::{ByChunk, Table, day_of};
use crate::domain::InstrumentId;

/// The most bins of a chart: what a wide screen can show.
pub const MOST_BINS: u32 = 2_000;

/// A span for a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// The length of a bin, in milliseconds; bins are counted from the beginning of the span.
    pub step_ms: i64,
    /// Whether some of it is from minutes, whose single readings have gone or need not be looked at.
    pub from_minutes: bool,
    /// Oldest first; where nothing was measured there is none.
    pub bins: Vec<Bin>,
}

/// The readings of a bin in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The first reading's time (of minutes: the first minute's beginning), UTC milliseconds.
    pub ts_ms: i64,
    /// Ampere.
    pub lowest_a: f32,
    /// Ampere.
    pub mean_a: f32,
    /// Ampere.
    pub highest_a: f32,
    /// How many readings there are.
    pub count: u64,
}

/// Puts what comes in the order of time into bins.
struct Bins {
    from_ms: i64,
    chart: Chart,
    /// The sum of the newest bin.
    sum: f64,
}

impl Bins {
    fn new(from_ms: i64, to_ms: i64, most: u32) -> Self {
        // At most `most` steps reach from one end to the other.
        let step_ms = to_ms.saturating_sub(from_ms).max(1).saturating_sub(1) / i64::from(most.max(1)) + 1;
        Self { from_ms, chart: Chart { step_ms, ..Chart::default() }, sum: 0.0 }
    }

    fn number(&self, ts_ms: i64) -> i64 {
        ts_ms.saturating_sub(self.from_ms) / self.chart.step_ms
    }

    fn add(&mut self, Minute { start_ms, lowest_a, mean_a, highest_a, count }: Minute) {
        let number = self.number(start_ms);
        let sum = f64::from(mean_a) * f64::from(count);
        let open = self.chart.bins.last().is_some_and(|bin| self.number(bin.ts_ms) == number);
        match self.chart.bins.last_mut().filter(|_| open) {
            Some(bin) => {
                self.sum += sum;
                bin.lowest_a = bin.lowest_a.min(lowest_a);
                bin.highest_a = bin.highest_a.max(highest_a);
                bin.count += u64::from(count);
                #[expect(clippy::cast_possible_truncation, reason = "a current keeps 7 digits in an f32")]
                let mean_a = (self.sum / bin.count as f64) as f32;
                bin.mean_a = mean_a;
            }
            None => {
                self.sum = sum;
                self.chart.bins.push(Bin { ts_ms: start_ms, lowest_a, mean_a, highest_a, count: count.into() });
            }
        }
    }
}

impl Table {
    /// `[from_ms, to_ms)` of an instrument in at most `most` bins. A day is taken from its minutes where bins are not shorter than those
    /// or its readings have gone, else from its readings.
    pub(super) fn chart(
        &self,
        instrument: &InstrumentId,
        from_ms: i64,
        to_ms: i64,
        most: u32,
        unwritten: &ByChunk,
    ) -> Result<Chart, ReadingsError> {
        let mut bins = Bins::new(from_ms, to_ms, most);
        let number = self.number(instrument)?;
        let raw_from = self.raw_from()?;
        let Some((first, last)) = self.days(unwritten)? else { return Ok(bins.chart) };
        let mut day_ms = day_of(from_ms).max(first);
        while day_ms < to_ms && day_ms <= last {
            let in_minutes = day_ms < raw_from || bins.chart.step_ms >= MINUTE_MS;
            let minutes = match number.filter(|_| in_minutes) {
                Some(number) => self.minutes(number, day_ms)?,
                None => None,
            };
            if let Some(minutes) = minutes {
                let inside = |minute: &Minute| (from_ms..to_ms).contains(&minute.start_ms);
                minutes.into_iter().filter(inside).for_each(|minute| {
                    bins.chart.from_minutes = true;
                    bins.add(minute);
                });
            } else {
                let (from_ms, to_ms) = (from_ms.max(day_ms), to_ms.min(day_ms + DAY_MS));
                self.each_chunk(number, from_ms, to_ms, unwritten, |points| {
                    for point in points {
                        let (start_ms, current) = (point.ts_ms, point.current_a);
                        bins.add(Minute { start_ms, lowest_a: current, mean_a: current, highest_a: current, count: 1 });
                    }
                })?;
            }
            day_ms += DAY_MS;
        }
        Ok(bins.chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(ts_ms: i64, current: f32) -> Minute {
        Minute { start_ms: ts_ms, lowest_a: current, mean_a: current, highest_a: current, count: 1 }
    }

    #[test]
    fn few_readings_stay_as_they_are() {
        let mut bins = Bins::new(0, 1_000_000, 2_000);
        for ts_ms in [5, 700, 900_000] {
            bins.add(one(ts_ms, 1.5));
        }
        let kept: Vec<_> = bins.chart.bins.iter().map(|bin| (bin.ts_ms, bin.count)).collect();
        assert_eq!(kept, [(5, 1), (700, 1), (900_000, 1)]);
    }

    proptest! {
        #[test]
        fn no_reading_and_no_extreme_is_lost(
            times in proptest::collection::btree_map(-5_000_i64..5_000, 0.0_f32..100.0, 0..200),
            most in 1_u32..50,
        ) {
            let mut bins = Bins::new(-5_000, 5_000, most);
            for (&ts_ms, &current) in &times {
                bins.add(one(ts_ms, current));
            }
            let chart = bins.chart;
            prop_assert!(chart.bins.len() <= most as usize);
            prop_assert_eq!(chart.bins.iter().map(|bin| bin.count).sum::<u64>(), times.len() as u64);
            let extreme = |with: fn(f32, f32) -> f32, values: &mut dyn Iterator<Item = f32>| values.reduce(with);
            prop_assert_eq!(
                extreme(f32::min, &mut chart.bins.iter().map(|bin| bin.lowest_a)),
                extreme(f32::min, &mut times.values().copied())
            );
            prop_assert_eq!(
                extreme(f32::max, &mut chart.bins.iter().map(|bin| bin.highest_a)),
                extreme(f32::max, &mut times.values().copied())
            );
            for bin in &chart.bins {
                prop_assert!(bin.lowest_a <= bin.mean_a + 1e-4 && bin.mean_a <= bin.highest_a + 1e-4);
            }
            for pair in chart.bins.windows(2) {
                prop_assert!(pair[0].ts_ms < pair[1].ts_ms);
            }
        }
    }
}
