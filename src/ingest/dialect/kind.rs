use super::{dayi_json, tasmota};
use crate::domain::{InvalidReading, Reading};
use crate::ingest::port::Binding;
use crate::ingest::refusal::Reason;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// How a sensor names its topics and writes its payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectKind {
    /// dayi's own: `dayi/v1/{instrument}/telemetry` and `…/status`, JSON.
    Dayi,
    /// Tasmota plugs: `tele/<t>/SENSOR` and `tele/<t>/LWT`.
    Tasmota,
}

/// What a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Readings.
    Telemetry,
    /// Whether the sensor is there.
    Status,
    /// Something of the sensor's own that says nothing about the current.
    Other,
}

/// What a payload said.
#[derive(Debug, PartialEq)]
pub(crate) enum Decoded {
    /// Readings, and the first of those that could not be one.
    Readings { readings: Vec<Reading>, bad: Option<Unreadable> },
    /// The sensor is there.
    Online,
    /// The sensor is gone.
    Offline,
    /// Nothing about the current.
    Nothing,
}

/// Why a payload, or a part of it, is no reading.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

impl Unreadable {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::new(Reason::Unreadable, error.to_string())
    }
}

impl From<InvalidReading> for Unreadable {
    fn from(invalid: InvalidReading) -> Self {
        Self::new(Reason::OutOfRange, invalid.to_string())
    }
}

/// What a dialect needs to know besides the payload.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) binding: &'a Binding,
    pub(crate) received_ms: i64,
    /// The zone of times that carry none.
    pub(crate) zone: Offset,
}

impl DialectKind {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Dayi, Self::Tasmota];

    /// The sensor's name in a topic of this dialect, and what the topic carries.
    pub(crate) fn split(self, topic: &str) -> Option<(&str, Channel)> {
        match self {
            Self::Dayi => dayi_json::split(topic),
            Self::Tasmota => tasmota::split(topic),
        }
    }

    /// Whether a sensor of this dialect publishes the topic without its name in it; it is taken and ignored.
    pub(crate) fn tolerates(self, topic: &str) -> bool {
        match self {
            Self::Dayi => false,
            Self::Tasmota => topic.starts_with("tasmota/discovery/"),
        }
    }

    /// The part of a topic that addresses the commands of one sensor.
    pub(crate) fn command_address(self, topic: &str) -> Option<&str> {
        match self {
            Self::Dayi => dayi_json::command_address(topic),
            Self::Tasmota => tasmota::command_address(topic),
        }
    }

    /// Reads the payload of a topic that [`split`](Self::split) knew. Never panics, whatever the bytes.
    pub(crate) fn decode(self, channel: Channel, payload: &[u8], context: Context<'_>) -> Result<Decoded, Unreadable> {
        match (self, channel) {
            (Self::Dayi, Channel::Telemetry) => dayi_json::telemetry(payload, context),
            (Self::Tasmota, Channel::Telemetry) => tasmota::telemetry(payload, context),
            (_, Channel::Status) => status(payload),
            (_, Channel::Other) => Ok(Decoded::Nothing),
        }
    }
}

impl Binding {
    /// The name by which the binding's dialect finds it.
    pub(crate) fn key(&self) -> &str {
        match self.dialect {
            DialectKind::Dayi => self.instrument.as_str(),
            DialectKind::Tasmota => &self.prefix,
        }
    }
}

fn status(payload: &[u8]) -> Result<Decoded, Unreadable> {
    if payload.eq_ignore_ascii_case(b"online") {
        Ok(Decoded::Online)
    } else if payload.eq_ignore_ascii_case(b"offline") {
        Ok(Decoded::Offline)
    } else {
        Err(Unreadable::new(Reason::Unreadable, "neither online nor offline"))
    }
}

/// A reading from whatever of current, power and voltage was given; watts are turned into amperes and marked so.
pub(super) fn reading(
    current: Option<f64>,
    power: Option<f64>,
    voltage: Option<f64>,
    ts_ms: Option<i64>,
    context: Context<'_>,
) -> Result<Reading, Unreadable> {
    if let Some(current) = current {
        return Ok(Reading::new(current, ts_ms, context.received_ms)?);
    }
    let Some(power) = power else {
        return Err(Unreadable::new(Reason::NoCurrent, "neither a current nor a power"));
    };
    let binding = context.binding;
    let volts = voltage.filter(|volts| (50.0..=1000.0).contains(volts)).unwrap_or(f64::from(binding.volts));
    let ampere = power / (volts * f64::from(binding.power_factor));
    Ok(Reading { derived: true, ..Reading::new(ampere, ts_ms, context.received_ms)? })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::ingest::dialect) const NOW: i64 = 1_700_000_000_000;

    pub(in crate::ingest::dialect) fn context(binding: &Binding) -> Context<'_> {
        Context { binding, received_ms: NOW, zone: Offset::constant(8) }
    }

    #[test]
    fn status_words_are_read_in_any_case() {
        assert_eq!(status(b"Online"), Ok(Decoded::Online));
        assert_eq!(status(b"offline"), Ok(Decoded::Offline));
        assert!(status(b"").is_err());
        assert!(status(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn watts_become_amperes_by_the_measured_voltage_or_the_bindings() {
        let binding = Binding { power_factor: 0.5, ..Binding::dayi("a".parse().unwrap()) };
        let by = |voltage| reading(None, Some(230.0), voltage, None, context(&binding)).unwrap();
        assert!((by(None).current_a - 2.0).abs() < 1e-6 && by(None).derived);
        assert!((by(Some(115.0)).current_a - 4.0).abs() < 1e-6);
        assert!((by(Some(0.0)).current_a - 2.0).abs() < 1e-6, "a voltage that cannot be is not believed");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(payload in proptest::collection::vec(any::<u8>(), 0..200), channel in 0..10_usize) {
            let binding = Binding { channel, ..Binding::tasmota("a".parse().unwrap(), "plug") };
            for dialect in DialectKind::ALL {
                for channel in [Channel::Telemetry, Channel::Status, Channel::Other] {
                    let _ = dialect.decode(channel, &payload, context(&binding));
                }
            }
        }

        #[test]
        fn no_json_like_text_panics(payload in r#"[\[{]{1,3}"(ts|current|power|Time|ENERGY|Current)":(-?[0-9]{1,25}(e[0-9]{1,4})?|"[0-9:T-]{0,30}"|NaN|null|\[\]|\{\})[\]},]{1,3}"#) {
            let binding = Binding::tasmota("a".parse().unwrap(), "plug");
            for dialect in DialectKind::ALL {
                let _ = dialect.decode(Channel::Telemetry, payload.as_bytes(), context(&binding));
            }
        }

        #[test]
        fn no_topic_panics(topic in ".{0,60}") {
            for dialect in DialectKind::ALL {
                let _ = (dialect.split(&topic), dialect.command_address(&topic), dialect.tolerates(&topic));
            }
        }
    }
}
