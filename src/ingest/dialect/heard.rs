//! What a payload said, and of whom: the words all dialects answer in.

use super::memory::Memory;
use crate::domain::{InvalidReading, Reading};
use crate::ingest::port::Binding;
use crate::ingest::refusal::Reason;
use bytes::Bytes;
use jiff::tz::Offset;
use std::borrow::Cow;

/// Where a topic of a dialect leads: whose it is, and what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// The sensor's name, to be compared with the bindings' [`key`](Binding::key).
    pub(crate) name: Cow<'a, str>,
    pub(crate) content: Content<'a>,
}

/// What a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Something to read; the part of the topic that tells what.
    Data(&'a str),
    /// Whether the sensor is there.
    Status,
    /// Something of the sensor's own that says nothing about the current.
    Other,
}

impl<'a> Place<'a> {
    pub(super) fn data(name: &'a str, part: &'a str) -> Self {
        Self { name: Cow::Borrowed(name), content: Content::Data(part) }
    }

    pub(super) fn status(name: &'a str) -> Self {
        Self { name: Cow::Borrowed(name), content: Content::Status }
    }

    pub(super) fn other(name: &'a str) -> Self {
        Self { name: Cow::Borrowed(name), content: Content::Other }
    }
}

/// What a payload said. Kept by its session and filled anew, so that a reading costs no allocation.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    /// Readings, each with the number of its binding.
    pub(crate) readings: Vec<(usize, Reading)>,
    /// The numbers of the bindings whose sensors are gone.
    pub(crate) gone: Vec<usize>,
    /// The first part that could not be read.
    pub(crate) bad: Option<Unreadable>,
    /// What the sensor is to be asked.
    pub(crate) ask: Option<Ask>,
}

/// A message to a sensor.
#[derive(Debug, PartialEq)]
pub(crate) struct Ask {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
}

/// Why a payload, or a part of it, is no reading.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable {
    pub(crate) reason: Reason,
    pub(crate) detail: Cow<'static, str>,
}

impl Unreadable {
    pub(super) fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub(super) fn no_current(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::NoCurrent, detail)
    }

    /// Why a message of a sensor behind the client is not read.
    pub(crate) fn unbound() -> Self {
        Self::new(Reason::NoBinding, "the client speaks for a sensor that no binding names")
    }

    pub(super) fn because(error: &dyn std::error::Error) -> Self {
        Self::new(Reason::Unreadable, error.to_string())
    }
}

impl From<InvalidReading> for Unreadable {
    fn from(invalid: InvalidReading) -> Self {
        Self::new(Reason::OutOfRange, invalid.to_string())
    }
}

/// When a payload came, and the zone of times that carry none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) received_ms: i64,
    pub(crate) zone: Offset,
}

/// What a sensor measured at one time, as far as it said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measured {
    /// Ampere.
    pub(super) current: Option<f64>,
    /// Watt.
    pub(super) power: Option<f64>,
    /// Volt.
    pub(super) voltage: Option<f64>,
    /// UTC milliseconds.
    pub(super) ts_ms: Option<i64>,
}

impl Measured {
    pub(super) fn is_empty(&self) -> bool {
        self.current.is_none() && self.power.is_none()
    }
}

/// What a dialect works on: the bindings a topic is about, what is remembered of them, and what was heard.
pub(super) struct Ear<'a> {
    pub(super) bindings: &'a [Binding],
    /// The number of the first of them among all of the client's.
    pub(super) first: usize,
    pub(super) memory: &'a mut Memory,
    pub(super) moment: Moment,
    pub(super) heard: &'a mut Heard,
}

impl<'a> Ear<'a> {
    /// The bindings the topic is about, each with its place among them.
    pub(super) fn bindings(&self) -> impl Iterator<Item = (usize, &'a Binding)> + use<'a> {
        self.bindings.iter().enumerate()
    }

    /// Adds what the sensor of the `at`th binding measured; what is no reading is counted as bad.
    pub(super) fn measured(&mut self, at: usize, measured: Measured) {
        let Some(binding) = self.bindings.get(at) else { return };
        match reading(measured, binding, self.moment.received_ms) {
            Ok(reading) => self.heard.readings.push((self.first + at, reading)),
            Err(bad) => self.bad(bad),
        }
    }

    /// Counts a part that cannot be read; the first of them is told.
    pub(super) fn bad(&mut self, bad: Unreadable) {
        self.heard.bad.get_or_insert(bad);
    }

    /// The sensor of the `at`th binding is gone.
    pub(super) fn gone(&mut self, at: usize) {
        self.heard.gone.push(self.first + at);
    }

    /// The sensors of all the bindings are gone.
    pub(super) fn all_gone(&mut self) {
        self.heard.gone.extend(self.first..self.first + self.bindings.len());
    }
}

/// A reading from whatever of current, power and voltage was given; watts are turned into amperes and marked so.
fn reading(measured: Measured, binding: &Binding, received_ms: i64) -> Result<Reading, Unreadable> {
    let Measured { current, power, voltage, ts_ms } = measured;
    if let Some(current) = current {
        return Ok(Reading::new(current, ts_ms, received_ms)?);
    }
    let Some(power) = power else {
        return Err(Unreadable::no_current("neither a current nor a power"));
    };
    let volts = voltage.filter(|volts| (50.0..=1000.0).contains(volts)).unwrap_or(f64::from(binding.volts));
    let ampere = power / (volts * f64::from(binding.power_factor));
    Ok(Reading { derived: true, ..Reading::new(ampere, ts_ms, received_ms)? })
}

/// A time in milliseconds as a number of any kind. One beyond 2^53 is not sane anyway.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit saturates, and is not believed")]
pub(super) fn whole_ms(ms: f64) -> i64 {
    ms as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn watts_become_amperes_by_the_measured_voltage_or_the_bindings() {
        let binding = Binding { power_factor: 0.5, ..Binding::dayi("a".parse().unwrap()) };
        let by =
            |voltage| reading(Measured { power: Some(230.0), voltage, ..Measured::default() }, &binding, NOW).unwrap();
        assert!((by(None).current_a - 2.0).abs() < 1e-6 && by(None).derived);
        assert!((by(Some(115.0)).current_a - 4.0).abs() < 1e-6);
        assert!((by(Some(0.0)).current_a - 2.0).abs() < 1e-6, "a voltage that cannot be is not believed");
    }
}
