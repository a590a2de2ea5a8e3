//! What a sensor publishes, in its dialect.

use super::device::{Device, Dialect};
use crate::mqtt::Will;
use jiff::Timestamp;
use jiff::tz::Offset;

/// Where a sensor publishes its readings.
pub(super) fn topic(device: &Device) -> String {
    match device.dialect {
        Dialect::Dayi => format!("dayi/v1/{}/telemetry", device.instrument.id),
        Dialect::Tasmota => format!("tele/{}/SENSOR", device.client_id),
    }
}

/// What the server is to publish when the sensor's connection breaks.
pub(super) fn will(device: &Device) -> Will {
    let (topic, payload) = match device.dialect {
        Dialect::Dayi => (format!("dayi/v1/{}/status", device.instrument.id), "offline"),
        Dialect::Tasmota => (format!("tele/{}/LWT", device.client_id), "Offline"),
    };
    Will { topic, payload: payload.into(), retain: false }
}

/// A reading of `current_a` ampere at `ts_ms` (UTC milliseconds), the `seq`th of this sensor.
pub(super) fn reading(dialect: Dialect, ts_ms: i64, current_a: f32, seq: u64) -> String {
    match dialect {
        Dialect::Dayi => format!(r#"{{"ts":{ts_ms},"current":{current_a},"seq":{seq}}}"#),
        Dialect::Tasmota => {
            // Tasmota says the local time and no zone.
            let utc = Timestamp::from_millisecond(ts_ms).unwrap_or(Timestamp::UNIX_EPOCH);
            let local = Offset::constant(8).to_datetime(utc).strftime("%Y-%m-%dT%H:%M:%S");
            format!(r#"{{"Time":"{local}","ENERGY":{{"Current":{current_a:.3}}}}}"#)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_says_it_its_way() {
        let of = |dialect| reading(dialect, 1_700_000_000_250, 1.5, 7);
        assert_eq!(of(Dialect::Dayi), r#"{"ts":1700000000250,"current":1.5,"seq":7}"#);
        assert_eq!(of(Dialect::Tasmota), r#"{"Time":"2023-11-15T06:13:20","ENERGY":{"Current":1.500}}"#);
    }
}
