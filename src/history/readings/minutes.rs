//! One instrument's day as minutes: the lowest, the mean and the highest current of each, about 5 KB a day at one
//! reading a second.
//!
//! Layout before zstd: a version byte, the count of decimal digits kept, the number of minutes, then column by column the
//! minutes' numbers in the day, their readings, lowest, highest less lowest, and mean less lowest, each number as the
//! difference to the one before where that is small. Currents are integers of the last digit kept; the mean has two more.

use super::chunk::{self, MOST_DIGITS, Point, ZSTD_LEVEL};
use super::query::ReadingsError;
use super::varint::{put, take};

/// A minute's readings in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Minute {
    /// Its beginning, UTC milliseconds.
    pub(super) start_ms: i64,
    /// Ampere.
    pub(super) lowest_a: f32,
    /// Ampere.
    pub(super) mean_a: f32,
    /// Ampere.
    pub(super) highest_a: f32,
    /// How many readings there are.
    pub(super) count: u32,
}

/// The length of a minute, in milliseconds.
pub(super) const MINUTE_MS: i64 = 60_000;
/// The length of the days that minutes are kept by, in milliseconds. They are UTC days: nobody sees their borders.
pub(super) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

const VERSION: u8 = 1;
const MINUTES_A_DAY: usize = 24 * 60;
/// Digits that a mean has more than the readings.
const MEAN_DIGITS: u8 = 2;

/// Puts readings in the order of time together by the minute.
pub(super) fn of(points: impl IntoIterator<Item = Point>) -> Vec<Minute> {
    let mut minutes: Vec<Minute> = Vec::new();
    let mut sum = 0.0;
    for Point { ts_ms, current_a, .. } in points {
        let start_ms = ts_ms.div_euclid(MINUTE_MS) * MINUTE_MS;
        match minutes.last_mut().filter(|minute| minute.start_ms == start_ms) {
            Some(minute) => {
                minute.lowest_a = minute.lowest_a.min(current_a);
                minute.highest_a = minute.highest_a.max(current_a);
                minute.count += 1;
                sum += f64::from(current_a);
                minute.mean_a = narrow(sum / f64::from(minute.count));
            }
            None => {
                sum = current_a.into();
                minutes.push(Minute {
                    start_ms,
                    lowest_a: current_a,
                    mean_a: current_a,
                    highest_a: current_a,
                    count: 1,
                });
            }
        }
    }
    minutes
}

/// Puts two lists of minutes together; what both have becomes one.
pub(super) fn merge(mut one: Vec<Minute>, other: Vec<Minute>) -> Vec<Minute> {
    one.extend(other);
    one.sort_by_key(|minute| minute.start_ms);
    one.dedup_by(|later, kept| {
        let same = later.start_ms == kept.start_ms;
        if same {
            let count = kept.count.saturating_add(later.count);
            let sum = |minute: &Minute| f64::from(minute.mean_a) * f64::from(minute.count);
            kept.mean_a = narrow((sum(kept) + sum(later)) / f64::from(count));
            kept.lowest_a = kept.lowest_a.min(later.lowest_a);
            kept.highest_a = kept.highest_a.max(later.highest_a);
            kept.count = count;
        }
        same
    });
    one
}

/// Packs the minutes of the day that begins at `day_ms`, in order.
pub(super) fn pack(day_ms: i64, minutes: &[Minute]) -> Result<Vec<u8>, ReadingsError> {
    let extremes = minutes.iter().flat_map(|minute| [minute.lowest_a, minute.highest_a]);
    let digits = extremes.map(chunk::digits).max().unwrap_or(0);
    let mean_digits = (digits + MEAN_DIGITS).min(MOST_DIGITS);
    let mut raw = vec![VERSION, digits];
    put(&mut raw, minutes.len() as i64);
    put_differences(&mut raw, minutes.iter().map(|minute| (minute.start_ms - day_ms) / MINUTE_MS));
    put_differences(&mut raw, minutes.iter().map(|minute| minute.count.into()));
    put_differences(&mut raw, minutes.iter().map(|minute| whole(minute.lowest_a, digits)));
    for minute in minutes {
        put(&mut raw, whole(minute.highest_a, digits) - whole(minute.lowest_a, digits));
    }
    for minute in minutes {
        let lowest = whole(minute.lowest_a, digits) * 10_i64.pow((mean_digits - digits).into());
        put(&mut raw, whole(minute.mean_a, mean_digits) - lowest);
    }
    zstd::bulk::compress(&raw, ZSTD_LEVEL).map_err(|error| ReadingsError::Chunk(error.to_string()))
}

/// Unpacks what [`pack`] made of that day.
pub(super) fn unpack(day_ms: i64, packed: &[u8]) -> Result<Vec<Minute>, ReadingsError> {
    let damaged = |what: &str| ReadingsError::Chunk(what.to_owned());
    let raw = zstd::bulk::decompress(packed, 50 * MINUTES_A_DAY + 16).map_err(|error| damaged(&error.to_string()))?;
    let [VERSION, digits @ 0..=MOST_DIGITS, rest @ ..] = raw.as_slice() else {
        return Err(damaged("it begins with no version this program knows"));
    };
    let mean_digits = (digits + MEAN_DIGITS).min(MOST_DIGITS);
    let mut rest = rest;
    let mut next = || take(&mut rest).ok_or_else(|| damaged("it ends too early"));
    let count = usize::try_from(next()?).ok().filter(|count| *count <= MINUTES_A_DAY);
    let count = count.ok_or_else(|| damaged("it says an impossible number of minutes"))?;
    let mut column = |by_difference: bool| {
        let mut last = 0_i64;
        let read = |_| {
            let value = next()?;
            last = if by_difference { last.wrapping_add(value) } else { value };
            Ok(last)
        };
        (0..count).map(read).collect::<Result<Vec<i64>, ReadingsError>>()
    };
    let (numbers, counts, lowest) = (column(true)?, column(true)?, column(true)?);
    let (above, means) = (column(false)?, column(false)?);
    let minute = |at: usize| {
        let number = Some(numbers[at]).filter(|number| (0..MINUTES_A_DAY as i64).contains(number))?;
        Some(Minute {
            start_ms: day_ms + number * MINUTE_MS,
            lowest_a: ampere(lowest[at], *digits),
            mean_a: ampere(
                lowest[at].checked_mul(10_i64.pow((mean_digits - digits).into()))?.checked_add(means[at])?,
                mean_digits,
            ),
            highest_a: ampere(lowest[at].checked_add(above[at])?, *digits),
            count: u32::try_from(counts[at]).ok().filter(|count| *count > 0)?,
        })
    };
    (0..count).map(minute).collect::<Option<_>>().ok_or_else(|| damaged("it says an impossible minute"))
}

fn put_differences(out: &mut Vec<u8>, values: impl Iterator<Item = i64>) {
    let mut last = 0;
    for value in values {
        put(out, value - last);
        last = value;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 10 kA in microamperes")]
fn whole(current_a: f32, digits: u8) -> i64 {
    (f64::from(current_a) * 10_f64.powi(digits.into())).round() as i64
}

fn ampere(whole: i64, digits: u8) -> f32 {
    narrow(whole as f64 / 10_f64.powi(digits.into()))
}

#[expect(clippy::cast_possible_truncation, reason = "a current keeps 7 digits in an f32")]
fn narrow(current_a: f64) -> f32 {
    current_a as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 1_700_006_400_000;

    fn points(steps: Vec<(i64, u32)>) -> Vec<Point> {
        let mut points: Vec<Point> = steps
            .into_iter()
            .map(|(at, milliampere)| Point { ts_ms: DAY + at, current_a: milliampere as f32 / 1_000.0, delay_s: 0 })
            .collect();
        chunk::tidy(&mut points);
        points
    }

    fn some_points() -> impl Strategy<Value = Vec<Point>> {
        proptest::collection::vec((0..DAY_MS, 0_u32..100_000), 0..300).prop_map(points)
    }

    #[test]
    fn a_minute_is_its_lowest_mean_and_highest() {
        let minutes = of(points(vec![(0, 1_000), (1_000, 3_000), (59_999, 2_000), (60_000, 500)]));
        let [first, second] = minutes.as_slice() else { panic!("{minutes:?}") };
        assert_eq!(
            (first.start_ms, first.lowest_a, first.mean_a, first.highest_a, first.count),
            (DAY, 1.0, 2.0, 3.0, 3)
        );
        assert_eq!((second.start_ms, second.count), (DAY + MINUTE_MS, 1));
    }

    #[test]
    fn a_day_at_one_reading_a_second_costs_little() {
        let day = of(points((0..86_400).map(|s| (s * 1_000, 6_200 + (s % 37) as u32)).collect()));
        assert_eq!(day.len(), MINUTES_A_DAY);
        let packed = pack(DAY, &day).unwrap();
        assert!(packed.len() < 4_000, "{} bytes", packed.len());
    }

    #[test]
    fn what_is_damaged_is_said() {
        assert!(unpack(DAY, b"nonsense").is_err());
        let mut beyond = vec![VERSION, 0];
        for value in [1, MINUTES_A_DAY as i64, 1, 0, 0, 0] {
            put(&mut beyond, value);
        }
        for raw in [&[2, 0, 0][..], &[1, 9, 0], &[1, 0, 4, 2], &beyond] {
            assert!(unpack(DAY, &zstd::bulk::compress(raw, 3).unwrap()).is_err(), "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn minutes_come_back_as_they_were(points in some_points()) {
            let minutes = of(points);
            let back = unpack(DAY, &pack(DAY, &minutes).unwrap()).unwrap();
            prop_assert_eq!(back.len(), minutes.len());
            for (back, minute) in back.iter().zip(&minutes) {
                prop_assert_eq!(Minute { mean_a: minute.mean_a, ..*back }, *minute);
                prop_assert!((back.mean_a - minute.mean_a).abs() < 1e-4, "{} {}", back.mean_a, minute.mean_a);
            }
        }

        #[test]
        fn merging_parts_is_as_good_as_the_whole(points in some_points(), cut in any::<u64>()) {
            let (one, other): (Vec<_>, Vec<_>) =
                points.iter().enumerate().partition(|(at, _)| cut >> (at % 64) & 1 == 0);
            let plain = |part: Vec<(usize, &Point)>| of(part.into_iter().map(|(_, point)| *point));
            let merged = merge(plain(one), plain(other));
            let whole = of(points);
            prop_assert_eq!(merged.len(), whole.len());
            for (merged, whole) in merged.iter().zip(&whole) {
                prop_assert_eq!(Minute { mean_a: whole.mean_a, ..*merged }, *whole);
                prop_assert!((merged.mean_a - whole.mean_a).abs() < 1e-3);
            }
        }

        #[test]
        fn no_bytes_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(DAY, &raw);
            let _ = unpack(DAY, &zstd::bulk::compress(&raw, 1).unwrap());
        }
    }
}
