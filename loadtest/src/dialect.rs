//! What a simulated sensor says: topics, last will, readings.

use crate::mqtt::Will;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// What a simulated sensor speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// dayi's own JSON.
    Dayi,
    /// A plug with Tasmota, bound by its client id as the topic.
    Tasmota,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Dayi, Self::Tasmota];

    /// Its name in the server's bindings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dayi => "dayi",
            Self::Tasmota => "tasmota",
        }
    }

    /// The finest time it can say, in milliseconds.
    pub(crate) fn resolution_ms(self) -> i64 {
        match self {
            Self::Dayi => 1,
            Self::Tasmota => 1_000,
        }
    }

    /// Where a sensor publishes its readings.
    pub(crate) fn topic(self, instrument: &str, client_id: &str) -> String {
        match self {
            Self::Dayi => format!("dayi/v1/{instrument}/telemetry"),
            Self::Tasmota => format!("tele/{client_id}/SENSOR"),
        }
    }

    /// What the server is to publish when the sensor's connection breaks.
    pub(crate) fn will(self, instrument: &str, client_id: &str) -> Will {
        let (topic, payload) = match self {
            Self::Dayi => (format!("dayi/v1/{instrument}/status"), "offline"),
            Self::Tasmota => (format!("tele/{client_id}/LWT"), "Offline"),
        };
        Will { topic, payload: payload.into(), retain: false }
    }

    /// A reading of `current_a` ampere at `ts_ms` (UTC milliseconds), the `seq`th of this sensor.
    pub(crate) fn reading(self, ts_ms: i64, current_a: f32, seq: u64) -> String {
        match self {
            Self::Dayi => format!(r#"{{"ts":{ts_ms},"current":{current_a},"seq":{seq}}}"#),
            Self::Tasmota => {
                // Tasmota says the local time and no zone.
                let utc = Timestamp::from_millisecond(ts_ms).unwrap_or(Timestamp::UNIX_EPOCH);
                let local = Offset::constant(8).to_datetime(utc).strftime("%Y-%m-%dT%H:%M:%S");
                format!(r#"{{"Time":"{local}","ENERGY":{{"Current":{current_a:.3}}}}}"#)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_says_it_its_way() {
        let of = |dialect: Dialect| dialect.reading(1_700_000_000_250, 1.5, 7);
        assert_eq!(of(Dialect::Dayi), r#"{"ts":1700000000250,"current":1.5,"seq":7}"#);
        assert_eq!(of(Dialect::Tasmota), r#"{"Time":"2023-11-15T06:13:20","ENERGY":{"Current":1.500}}"#);
        assert_eq!(Dialect::Dayi.topic("pump", "sensor"), "dayi/v1/pump/telemetry");
        assert_eq!(Dialect::Tasmota.topic("pump", "sensor"), "tele/sensor/SENSOR");
        assert_eq!(Dialect::Dayi.will("pump", "sensor").topic, "dayi/v1/pump/status");
        assert_eq!(Dialect::Tasmota.will("pump", "sensor").topic, "tele/sensor/LWT");
    }
}
