//! How a sensor does, apart from what its instrument does.

use crate::domain::{Reading, TimeSource};
use crate::platform::config::SensorsConfig;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// Hours over which late readings and gaps are counted.
const HOURS: usize = 24;
/// A silence of this many usual intervals is a gap.
const GAP_INTERVALS: i64 = 3;
/// A value must have been repeated at least this often before it counts as frozen.
const MANY_TIMES: u32 = 100;

/// What is wrong with a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Problem {
    /// Nothing was received for longer than the sensor may be silent.
    Silent,
    /// Within the last day readings came later than others of the same sensor: they were held up on the way.
    Late,
    /// The same current other than zero, to the last digit, for too long.
    Frozen,
    /// Its clock is wrong, or so wrong that its times are not believed.
    ClockSkew,
    /// Within the last day readings are missing between others.
    Gaps,
}

/// A sensor as the API shows it. Times are UTC milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SensorHealth {
    /// What is wrong; empty for a healthy sensor.
    pub(crate) problems: Vec<Problem>,
    /// When the last reading was received.
    pub(crate) received_ms: Option<i64>,
    /// The time that the newest reading says it was measured.
    pub(crate) measured_ms: Option<i64>,
    /// Milliseconds between two readings, usually.
    pub(crate) usual_interval_ms: Option<u32>,
    /// How far its clock is ahead of the server's (negative: behind), in milliseconds, delays on the way taken out; `null` for a
    /// sensor that sends no times.
    pub(crate) clock_ahead_ms: Option<i64>,
    /// Since when it has sent the same current, if it has twice in a row.
    pub(crate) same_since_ms: Option<i64>,
    /// Readings of the last 24 hours that were held up on the way for more than the configured time.
    pub(crate) late: u32,
    /// Gaps of the last 24 hours: silences of more than three usual intervals.
    pub(crate) gaps: u32,
    /// Seconds that these gaps took.
    pub(crate) missing_s: u32,
}

/// What is remembered of a sensor: less than 400 bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sensor {
    received_ms: Option<i64>,
    same: Option<Same>,
    clock: Option<Offset>,
    /// The last reading's time was not believed.
    disbelieved: bool,
    /// Hours since 1970 that the newest of the counts is for.
    hour: i64,
    counts: [Counts; HOURS],
}

/// A current that repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Same {
    current_a: f32,
    since_ms: i64,
    times: u32,
}

/// The least time from measuring to receipt within one minute or two: what is left of the delay then is the clocks'
/// difference (as NTP's clock filter does it, RFC 5905 section 10).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Offset {
    /// Of the minute that runs and of the one before.
    least_ms: [i64; 2],
    minute_began_ms: i64,
}

impl Offset {
    fn least_ms(&self) -> i64 {
        self.least_ms[0].min(self.least_ms[1])
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    late: u32,
    gaps: u32,
    missing_s: u32,
}

impl Sensor {
    /// Takes a reading, late ones too; `fresh_after_ms` is the time since the one measured before it, for a reading that is newer
    /// than all before.
    pub(crate) fn take(
        &mut self,
        reading: &Reading,
        fresh_after_ms: Option<i64>,
        usual_interval_ms: Option<u32>,
        rules: &SensorsConfig,
    ) {
        self.received_ms = Some(reading.received_ms);
        self.disbelieved = reading.time_source == TimeSource::Disbelieved;
        let mut late = false;
        if reading.time_source == TimeSource::Device {
            let delay_ms = reading.received_ms - reading.ts_ms;
            let least_ms = self.note_delay(delay_ms, reading.received_ms);
            late = delay_ms - least_ms > rules.late_ms();
        }
        let Some(after_ms) = fresh_after_ms else {
            return self.count(reading.received_ms, |counts| counts.late += u32::from(late));
        };
        match &mut self.same {
            Some(same) if same.current_a.to_bits() == reading.current_a.to_bits() => {
                same.times = same.times.saturating_add(1)
            }
            same => *same = Some(Same { current_a: reading.current_a, since_ms: reading.ts_ms, times: 1 }),
        }
        let usual_ms = i64::from(usual_interval_ms.unwrap_or(0));
        let gap = usual_ms > 0 && after_ms > GAP_INTERVALS * usual_ms;
        if late || gap {
            self.count(reading.received_ms, |counts| {
                counts.late += u32::from(late);
                if gap {
                    counts.gaps += 1;
                    let missing_s = u32::try_from((after_ms - usual_ms) / 1_000).unwrap_or(u32::MAX);
                    counts.missing_s = counts.missing_s.saturating_add(missing_s);
                }
            });
        }
    }

    /// How it does at `now_ms`, when it may be silent for `silence_ms`.
    pub(crate) fn health(
        &self,
        measured_ms: Option<i64>,
        usual_interval_ms: Option<u32>,
        (now_ms, silence_ms): (i64, i64),
        rules: &SensorsConfig,
    ) -> SensorHealth {
        let day = self.day(now_ms);
        let clock_ahead_ms = self.clock.map(|clock| -clock.least_ms());
        let same = self.same.filter(|same| same.times > 1);
        let frozen = |same: Same| {
            let lasted_ms = measured_ms.unwrap_or(same.since_ms) - same.since_ms;
            same.current_a != 0.0 && same.times >= MANY_TIMES && lasted_ms >= rules.frozen_ms()
        };
        let problems = [
            (Problem::Silent, self.received_ms.is_none_or(|received_ms| now_ms - received_ms > silence_ms)),
            (Problem::Late, day.late > 0),
            (Problem::Frozen, same.is_some_and(frozen)),
            (Problem::ClockSkew, self.disbelieved || clock_ahead_ms.is_some_and(|ahead| ahead.abs() > rules.skew_ms())),
            (Problem::Gaps, day.gaps > 0),
        ];
        SensorHealth {
            problems: problems.into_iter().filter_map(|(problem, there)| there.then_some(problem)).collect(),
            received_ms: self.received_ms,
            measured_ms,
            usual_interval_ms,
            clock_ahead_ms,
            same_since_ms: same.map(|same| same.since_ms),
            late: day.late,
            gaps: day.gaps,
            missing_s: day.missing_s,
        }
    }

    /// Notes a delay and gives the least of late.
    fn note_delay(&mut self, delay_ms: i64, received_ms: i64) -> i64 {
        let clock = self.clock.get_or_insert(Offset { least_ms: [delay_ms; 2], minute_began_ms: received_ms });
        if received_ms - clock.minute_began_ms >= MINUTE_MS {
            // Held-up readings alone say nothing of the clock: the minute before counts until another has passed.
            *clock = Offset { least_ms: [delay_ms, clock.least_ms[0]], minute_began_ms: received_ms };
        } else {
            clock.least_ms[0] = clock.least_ms[0].min(delay_ms);
        }
        clock.least_ms()
    }

    fn count(&mut self, at_ms: i64, change: impl FnOnce(&mut Counts)) {
        let hour = at_ms.div_euclid(HOUR_MS);
        let passed = usize::try_from(hour - self.hour).unwrap_or(0);
        if passed > 0 {
            self.counts.rotate_right(passed.min(HOURS) % HOURS);
            self.counts[..passed.min(HOURS)].fill(Counts::default());
            self.hour = hour;
        }
        change(&mut self.counts[0]);
    }

    /// The counts of the last 24 hours together.
    fn day(&self, now_ms: i64) -> Counts {
        let passed = usize::try_from(now_ms.div_euclid(HOUR_MS) - self.hour).unwrap_or(0);
        self.counts.iter().take(HOURS.saturating_sub(passed)).fold(Counts::default(), |all, hour| Counts {
            late: all.late + hour.late,
            gaps: all.gaps + hour.gaps,
            missing_s: all.missing_s.saturating_add(hour.missing_s),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000;

    fn reading(measured_s: i64, received_s: i64, current_a: f32) -> Reading {
        Reading {
            ts_ms: START + measured_s * 1_000,
            received_ms: START + received_s * 1_000,
            current_a,
            time_source: TimeSource::Device,
            derived: false,
        }
    }

    struct Bench {
        sensor: Sensor,
        newest_ms: Option<i64>,
        now_ms: i64,
    }

    impl Bench {
        fn new() -> Self {
            Self { sensor: Sensor::default(), newest_ms: None, now_ms: START }
        }

        fn take(&mut self, reading: Reading) {
            let after = reading.ts_ms - self.newest_ms.unwrap_or(reading.ts_ms - 1_000);
            let fresh = (after > 0).then_some(after);
            self.newest_ms = self.newest_ms.max(Some(reading.ts_ms));
            self.now_ms = reading.received_ms;
            self.sensor.take(&reading, fresh, Some(1_000), &SensorsConfig::default());
        }

        fn health(&self) -> SensorHealth {
            self.sensor.health(self.newest_ms, Some(1_000), (self.now_ms, 30_000), &SensorsConfig::default())
        }
    }

    #[test]
    fn a_sensor_that_works_has_no_problem_and_one_never_heard_is_silent() {
        let mut bench = Bench::new();
        assert_eq!(bench.health().problems, [Problem::Silent]);
        for s in 0..600 {
            bench.take(reading(s, s, (s % 7) as f32));
        }
        assert_eq!(bench.health().problems, []);
        bench.now_ms += 31_000;
        assert_eq!(bench.health().problems, [Problem::Silent]);
    }

    #[test]
    fn a_wrong_clock_is_told_from_readings_that_were_held_up() {
        let mut skewed = Bench::new();
        for s in 0..600 {
            skewed.take(reading(s + 200, s, (s % 7) as f32));
        }
        let health = skewed.health();
        assert_eq!((health.problems, health.clock_ahead_ms), (vec![Problem::ClockSkew], Some(200_000)));

        let mut held_up = Bench::new();
        for s in 0..600 {
            held_up.take(reading(s, s, (s % 7) as f32));
        }
        for s in 600..1_200 {
            held_up.take(reading(s, 1_200, (s % 7) as f32));
        }
        for s in 1_201..1_300 {
            held_up.take(reading(s, s, (s % 7) as f32));
        }
        let health = held_up.health();
        assert_eq!((health.problems, health.clock_ahead_ms), (vec![Problem::Late], Some(0)));
        assert_eq!(health.late, 540, "all but those of the last minute");
    }

    #[test]
    fn a_time_that_is_not_believed_is_a_wrong_clock() {
        let mut bench = Bench::new();
        bench.take(Reading { time_source: TimeSource::Disbelieved, ..reading(0, 0, 1.0) });
        assert_eq!(bench.health().problems, [Problem::ClockSkew]);
        bench.take(Reading { time_source: TimeSource::Receipt, ..reading(1, 1, 1.0) });
        assert_eq!(bench.health().problems, []);
    }

    #[test]
    fn a_value_that_never_moves_is_frozen_unless_it_is_zero() {
        for (current_a, expected) in [(3.25, vec![Problem::Frozen]), (0.0, vec![])] {
            let mut bench = Bench::new();
            for s in 0..25 * 3_600 {
                bench.take(reading(s, s, current_a));
            }
            assert_eq!(bench.health().problems, expected, "{current_a}");
            assert_eq!(bench.health().same_since_ms, Some(START));
        }
    }

    #[test]
    fn gaps_are_counted_for_a_day() {
        let mut bench = Bench::new();
        let mut s = 0;
        for n in 0..10 {
            s += if n == 5 { 61 } else { 1 };
            bench.take(reading(s, s, n as f32));
        }
        let health = bench.health();
        assert_eq!((health.problems, health.gaps, health.missing_s), (vec![Problem::Gaps], 1, 60));
        for n in 0..25 * 60 {
            s += 1;
            bench.take(reading(s, s + n * 60, n as f32));
        }
        assert_eq!(bench.health().gaps, 0);
    }
}
