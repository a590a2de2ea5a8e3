//! One instrument's readings of ten minutes as a few hundred bytes: about 1.5 bytes a reading.
//!
//! Layout before zstd: a version byte, the count of decimal digits kept, the number of readings, then all times and
//! after them all currents and all delays, each as the difference to the one before, zigzag in LEB128 (times as the difference of
//! differences, so that a regular sensor costs zeros). A current is an integer of its last digit kept, a
//! delay a second: nearly always nothing, and then it costs nothing. Chunks of version 1 have no delays.

use super::query::ReadingsError;
use super::varint::{put, take};

/// A reading as it is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When it was measured, UTC milliseconds.
    pub ts_ms: i64,
    /// Ampere.
    pub current_a: f32,
    /// How much later it was received, to the second; negative where the sensor's clock is ahead.
    pub delay_s: i32,
}

/// The length of a chunk, in milliseconds.
pub(super) const CHUNK_MS: i64 = 10 * 60 * 1000;

const VERSION: u8 = 2;
const WITHOUT_DELAYS: u8 = 1;
/// Digits behind the point from which on a current is cut: a microampere.
pub(super) const MOST_DIGITS: u8 = 6;
pub(super) const ZSTD_LEVEL: i32 = 3;
/// The most readings one chunk can hold: a reading a millisecond.
const MOST_POINTS: usize = 600_000;

/// Sorts points by time and keeps one a millisecond, the one that came first.
pub(super) fn tidy(points: &mut Vec<Point>) {
    points.sort_by_key(|point| point.ts_ms);
    points.dedup_by_key(|point| point.ts_ms);
}

/// Packs points that are tidy and lie within one chunk.
pub(super) fn pack(points: &[Point]) -> Result<Vec<u8>, ReadingsError> {
    let digits = points.iter().map(|point| digits(point.current_a)).max().unwrap_or(0);
    let scale = 10_f64.powi(digits.into());
    let mut raw = vec![VERSION, digits];
    put(&mut raw, points.len() as i64);
    let (mut last_ts, mut last_step) = (0_i64, 0_i64);
    for &Point { ts_ms, .. } in points {
        let step = ts_ms.wrapping_sub(last_ts);
        put(&mut raw, step.wrapping_sub(last_step));
        (last_ts, last_step) = (ts_ms, step);
    }
    let mut last = 0;
    for &Point { current_a, .. } in points {
        #[expect(clippy::cast_possible_truncation, reason = "at most 10 kA in microamperes")]
        let value = (f64::from(current_a) * scale).round() as i64;
        put(&mut raw, value - last);
        last = value;
    }
    let mut last = 0;
    for point in points {
        put(&mut raw, i64::from(point.delay_s) - last);
        last = point.delay_s.into();
    }
    zstd::bulk::compress(&raw, ZSTD_LEVEL).map_err(|error| ReadingsError::Chunk(error.to_string()))
}

/// Unpacks what [`pack`] made.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<Point>, ReadingsError> {
    let damaged = |what: &str| ReadingsError::Chunk(what.to_owned());
    let raw = zstd::bulk::decompress(packed, 30 * MOST_POINTS + 16).map_err(|error| damaged(&error.to_string()))?;
    let [version @ (VERSION | WITHOUT_DELAYS), digits @ 0..=MOST_DIGITS, rest @ ..] = raw.as_slice() else {
        return Err(damaged("it begins with no version this program knows"));
    };
    let scale = 10_f64.powi((*digits).into());
    let mut rest = rest;
    let mut next = || take(&mut rest).ok_or_else(|| damaged("it ends too early"));
    let count = usize::try_from(next()?).ok().filter(|count| *count <= MOST_POINTS);
    let count = count.ok_or_else(|| damaged("it says an impossible number of readings"))?;
    let mut points = Vec::with_capacity(count);
    let (mut ts_ms, mut step) = (0_i64, 0_i64);
    for _ in 0..count {
        step = step.wrapping_add(next()?);
        ts_ms = ts_ms.wrapping_add(step);
        points.push(Point { ts_ms, current_a: 0.0, delay_s: 0 });
    }
    let mut value = 0_i64;
    for point in &mut points {
        value = value.wrapping_add(next()?);
        #[expect(clippy::cast_possible_truncation, reason = "it was an f32 before")]
        let current_a = (value as f64 / scale) as f32;
        point.current_a = current_a;
    }
    if *version == VERSION {
        let mut delay_s = 0_i64;
        for point in &mut points {
            delay_s = delay_s.wrapping_add(next()?);
            point.delay_s = i32::try_from(delay_s).map_err(|_| damaged("it says an impossible delay"))?;
        }
    }
    Ok(points)
}

/// The fewest digits behind the point that say this current.
pub(super) fn digits(current_a: f32) -> u8 {
    let wide = f64::from(current_a);
    (0..MOST_DIGITS)
        .find(|digits| {
            let scale = 10_f64.powi((*digits).into());
            #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
            let back = ((wide * scale).round() / scale) as f32;
            back == current_a
        })
        .unwrap_or(MOST_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(ts_ms: i64, current_a: f32) -> Point {
        Point { ts_ms, current_a, delay_s: 0 }
    }

    #[test]
    fn a_regular_sensor_costs_little() {
        let points: Vec<Point> =
            (0..600).map(|n| point(1_700_000_000_123 + n * 1_000, (6_200 + n % 7) as f32 / 1_000.0)).collect();
        let packed = pack(&points).unwrap();
        assert!(packed.len() < 900, "{} bytes", packed.len());
        assert_eq!(unpack(&packed).unwrap(), points);
    }

    #[test]
    fn what_is_damaged_is_said() {
        assert!(unpack(b"").is_err());
        assert!(unpack(b"nonsense").is_err());
        for raw in [&[3, 0, 0][..], &[1, 9, 0], &[1, 3, 2], &[1, 3, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert!(unpack(&zstd::bulk::compress(raw, 3).unwrap()).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn one_reading_a_millisecond_is_kept_and_the_first_wins() {
        let mut points = vec![point(5, 1.0), point(3, 2.0), point(5, 3.0)];
        tidy(&mut points);
        assert_eq!(points, [point(3, 2.0), point(5, 1.0)]);
    }

    #[test]
    fn a_chunk_of_the_first_version_is_read() {
        // Two readings, at 1,000 and 2,000 ms, of 1.5 and 1.6 A.
        let mut raw = vec![WITHOUT_DELAYS, 1];
        for value in [2, 1_000, 0, 15, 1] {
            put(&mut raw, value);
        }
        let packed = zstd::bulk::compress(&raw, ZSTD_LEVEL).unwrap();
        assert_eq!(unpack(&packed).unwrap(), [point(1_000, 1.5), point(2_000, 1.6)]);
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back_as_it_was(
            readings in proptest::collection::vec((0_i64..CHUNK_MS, 0_u32..10_000_000, 0_i32..=3, any::<i32>()), 0..200)
        ) {
            let mut points: Vec<Point> = readings
                .into_iter()
                .map(|(at, value, digits, delay_s)| Point {
                    ts_ms: 1_700_000_000_000 + at,
                    current_a: (f64::from(value / 1000) / 10_f64.powi(digits)) as f32,
                    delay_s,
                })
                .collect();
            tidy(&mut points);
            prop_assert_eq!(unpack(&pack(&points).unwrap()).unwrap(), points);
        }

        #[test]
        fn any_current_comes_back_within_a_microampere_or_its_own_precision(current_a in 0.0_f32..10_000.0) {
            let back = unpack(&pack(&[point(0, current_a)]).unwrap()).unwrap()[0].current_a;
            prop_assert!((back - current_a).abs() <= (0.6e-6_f32).max(current_a * f32::EPSILON), "{} {}", back, current_a);
        }

        #[test]
        fn no_bytes_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&raw);
            let _ = unpack(&zstd::bulk::compress(&raw, 1).unwrap());
        }
    }
}
