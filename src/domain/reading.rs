use std::fmt;

/// Whose clock a reading's time is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// The device's own clock, which was sane.
    Device,
    /// The moment the server received it: the device gave no time.
    Receipt,
    /// The same: the device gave a time that cannot be.
    Disbelieved,
}

/// One measurement of one instrument's supply current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// UTC milliseconds since 1970 at which the current flowed.
    pub ts_ms: i64,
    /// UTC milliseconds since 1970 at which the server received it.
    pub received_ms: i64,
    /// RMS current in ampere; finite and not negative. 0 is a value, never "no data".
    pub current_a: f32,
    /// Whose clock `ts_ms` is from.
    pub time_source: TimeSource,
    /// Whether the current was computed from watts instead of measured.
    pub derived: bool,
}

/// Why a measurement cannot be a [`Reading`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InvalidReading {
    /// NaN or infinite.
    NotFinite,
    /// Below zero by more than a sensor's rounding, or above what a single supply carries (10 kA).
    OutOfRange(f64),
}

impl fmt::Display for InvalidReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite => f.write_str("the current is not a finite number"),
            Self::OutOfRange(value) => write!(f, "a current of {value} A is outside 0 to 10000 A"),
        }
    }
}

impl std::error::Error for InvalidReading {}

impl Reading {
    /// How far a device's clock may be ahead of the server's before its time is not believed, in milliseconds.
    pub const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;
    /// How old a device's time may be before it is not believed, in milliseconds: a gateway's buffer of a month.
    pub const MAX_BEHIND_MS: i64 = 31 * 24 * 3600 * 1000;

    /// A reading of `current_a` ampere. `device_ms` is the device's own time if it gave one; a time that is too far
    /// ahead or behind `received_ms` is replaced by `received_ms`.
    ///
    /// # Errors
    /// When the current is not finite or out of range. Down to −0.05 A is taken as the rounding of a zero.
    pub fn new(current_a: f64, device_ms: Option<i64>, received_ms: i64) -> Result<Self, InvalidReading> {
        if !current_a.is_finite() {
            return Err(InvalidReading::NotFinite);
        }
        if !(-0.05..=10_000.0).contains(&current_a) {
            return Err(InvalidReading::OutOfRange(current_a));
        }
        let sane = |ts: &i64| (received_ms - Self::MAX_BEHIND_MS..=received_ms + Self::MAX_AHEAD_MS).contains(ts);
        let (ts_ms, time_source) = match device_ms {
            Some(ts) if sane(&ts) => (ts, TimeSource::Device),
            Some(_) => (received_ms, TimeSource::Disbelieved),
            None => (received_ms, TimeSource::Receipt),
        };
        #[expect(clippy::cast_possible_truncation, reason = "0 to 10 kA keeps 7 digits in an f32")]
        let current_a = current_a.max(0.0) as f32;
        Ok(Self { ts_ms, received_ms, current_a, time_source, derived: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn a_sane_device_time_is_kept_and_an_insane_one_replaced() {
        let at = |device| Reading::new(1.0, device, NOW).unwrap();
        assert_eq!(at(Some(NOW - 1000)).ts_ms, NOW - 1000);
        assert_eq!(at(Some(NOW - 1000)).time_source, TimeSource::Device);
        assert_eq!((at(None).ts_ms, at(None).time_source), (NOW, TimeSource::Receipt));
        for device in [NOW + 3_600_000, NOW - 365 * 86_400_000, 0, i64::MAX] {
            assert_eq!((at(Some(device)).ts_ms, at(Some(device)).time_source), (NOW, TimeSource::Disbelieved));
        }
    }

    #[test]
    fn only_a_current_that_can_flow_is_a_reading() {
        assert_eq!(Reading::new(f64::NAN, None, NOW), Err(InvalidReading::NotFinite));
        assert_eq!(Reading::new(f64::INFINITY, None, NOW), Err(InvalidReading::NotFinite));
        assert!(Reading::new(-1.0, None, NOW).is_err());
        assert!(Reading::new(1e9, None, NOW).is_err());
        assert!(Reading::new(-0.001, None, NOW).unwrap().current_a.abs() < f32::EPSILON);
    }
}
