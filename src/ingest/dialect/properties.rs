//! A JSON object of named values, as IoT platforms have their devices report them: `{"current":1.2}`, or with the time
//! of each, `{"current":{"value":1.2,"time":1524448722000}}`. Numbers may stand in quotes.

use super::heard::{Ear, Measured, Unreadable, whole_ms};
use super::pick::Pick;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// More values than one device has; a payload with more of them is refused.
const MOST: usize = 4096;

/// Named values in the order of the payload, each read when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Properties<'a>(Vec<(Name<'a>, &'a RawValue)>);

/// A name, borrowed where the payload lets it.
#[derive(Debug, serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A value with its time.
#[derive(serde::Deserialize)]
struct Timed<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
}

impl<'a> Properties<'a> {
    pub(super) fn read(payload: &'a [u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))
    }

    /// The value of this name as it stands in the payload.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known.0 == name).map(|(_, value)| *value)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &*name.0)
    }

    /// The number of this name.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        number(self.raw(name)?)
    }

    /// The time of this name, UTC milliseconds: a number of them, or text with a zone.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        let raw = self.raw(name)?;
        number(raw).map(whole_ms).or_else(|| utc_ms(&text(raw)?))
    }

    /// What a binding's channel names among these values: `current`, else `power` with `voltage`, when it names
    /// nothing. A value's own time counts more than the payload's, which is `ts_ms`.
    fn measured(&self, channel: &str, ts_ms: Option<i64>) -> Option<Measured> {
        let of = |name: &str| {
            let raw = self.raw(name)?;
            if let Some(value) = number(raw) {
                return Some((value, ts_ms));
            }
            let timed: Timed<'_> = serde_json::from_str(raw.get()).ok()?;
            Some((number(timed.value)?, timed.time.and_then(number).map(whole_ms).or(ts_ms)))
        };
        let voltage = of("voltage").map(|(value, _)| value);
        if let Some(pick) = Pick::of(channel) {
            let (value, ts_ms) = of(pick.name)?;
            return Some(pick.unit.measured(value, voltage, ts_ms));
        }
        let (current, power) = (of("current"), of("power"));
        let (_, ts_ms) = current.or(power)?;
        let value = |found: Option<(f64, Option<i64>)>| found.map(|(value, _)| value);
        Some(Measured { current: value(current), power: value(power), voltage, ts_ms })
    }

    /// Tells what the values say of each binding, `channel` being the part of its channel that names one of them;
    /// whether they said anything.
    pub(super) fn tell<'b>(
        &self,
        ts_ms: Option<i64>,
        ear: &mut Ear<'b>,
        channel: impl Fn(&'b str) -> Option<&'b str>,
    ) -> bool {
        let mut any = false;
        for (at, binding) in ear.bindings() {
            if let Some(measured) = channel(&binding.channel).and_then(|channel| self.measured(channel, ts_ms)) {
                ear.measured(at, measured);
                any = true;
            }
        }
        any
    }
}

/// Why a payload of properties is no reading.
pub(super) fn nothing_told() -> Unreadable {
    Unreadable::no_current("none of the values that the client's bindings name")
}

/// An ISO 8601 time with a zone, extended or basic, in UTC milliseconds.
pub(super) fn utc_ms(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn number(raw: &RawValue) -> Option<f64> {
    match raw.get().as_bytes().first()? {
        b'"' => text(raw)?.trim().parse().ok(),
        b'-' | b'0'..=b'9' => raw.get().parse().ok(),
        _ => None,
    }
}

fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Name<'_>>(raw.get()).ok().map(|Name(text)| text)
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Properties<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = map.next_entry()? {
            if values.len() == MOST {
                return Err(A::Error::custom("more values than a device has"));
            }
            values.push(entry);
        }
        Ok(Properties(values))
    }
}
