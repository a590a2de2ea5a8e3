//! InfluxDB's line protocol, as far as it is written here
//! (<https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/>).

use super::port::Tags;
use crate::domain::{InstrumentId, Transition};
use std::fmt::Write;
use std::ops::Range;

/// A kind of line: what dashboards find in the database.
#[derive(Debug)]
pub struct Measurement {
    /// Its name.
    pub name: &'static str,
    /// Its tags; one that is empty for an instrument is left out.
    pub tags: &'static [&'static str],
    /// Its fields.
    pub fields: &'static [&'static str],
}

/// A state begins. `state` and `cause` are codes (`InstrumentState::code`, `Cause::code`): VictoriaMetrics keeps no text.
pub const STATE: Measurement = Measurement {
    name: "instrument_state",
    tags: &["instrument", "institution", "city", "class"],
    fields: &["state", "confidence", "seq", "cause"],
};

/// A current was measured, in ampere.
pub const READING: Measurement =
    Measurement { name: "instrument_reading", tags: &["instrument", "institution"], fields: &["current"] };

/// Lines one behind the other. Times are UTC milliseconds.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// Where each line ends, behind its newline.
    ends: Vec<usize>,
}

impl Lines {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// These of them.
    pub(super) fn part(&self, part: &Range<usize>) -> &str {
        let begin = |line: usize| line.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin(part.start)..begin(part.end)]
    }

    /// Adds a line that was written before.
    pub(super) fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.end();
    }

    /// Adds the beginning of a state.
    pub(super) fn push_state(&mut self, transition: &Transition, tags: &Tags) {
        let Transition { instrument, seq, to, at_ms, confidence, cause, .. } = transition;
        let values = [instrument.as_str(), &tags.institution, &tags.city, &tags.class];
        self.begin(&STATE, values);
        let (state, cause) = (to.code(), cause.code());
        let confidence = if confidence.is_finite() { *confidence } else { 0.0 };
        // Writing to a string cannot fail.
        let _ = write!(self.text, " state={state}i,confidence={confidence},seq={seq}i,cause={cause}i {at_ms}");
        self.end();
    }

    /// Adds readings of one instrument, each a time and a current in ampere.
    pub(super) fn push_readings(
        &mut self,
        instrument: &InstrumentId,
        tags: &Tags,
        readings: impl IntoIterator<Item = (i64, f32)>,
    ) {
        let mut head: Option<Range<usize>> = None;
        for (at_ms, current_a) in readings.into_iter().filter(|(_, current_a)| current_a.is_finite()) {
            // What the lines have in common is written once and copied.
            let start = self.text.len();
            match head.clone() {
                Some(head) => self.text.extend_from_within(head),
                None => {
                    self.begin(&READING, [instrument.as_str(), &tags.institution]);
                    head = Some(start..self.text.len());
                }
            }
            let _ = write!(self.text, " current={current_a} {at_ms}");
            self.end();
        }
    }

    fn begin<const N: usize>(&mut self, measurement: &Measurement, values: [&str; N]) {
        self.text.push_str(measurement.name);
        for (tag, value) in measurement.tags.iter().zip(values) {
            // A tag without a value is no line at all.
            if !value.trim().is_empty() {
                self.text.push(',');
                self.text.push_str(tag);
                self.text.push('=');
                escape(&mut self.text, value.trim());
            }
        }
    }

    fn end(&mut self) {
        self.text.push('\n');
        self.ends.push(self.text.len());
    }
}

/// A tag's value. Commas, equals signs and spaces are escaped; what has no escape, a backslash (it would escape what
/// follows it) and what ends a line, is replaced.
fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            ',' | '=' | ' ' => out.extend(['\\', c]),
            '\\' => out.push('/'),
            c if c.is_control() => out.push_str("\\ "),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
