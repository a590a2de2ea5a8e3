//! Tasmota: `{"Time":"2021-10-26T17:28:45","ENERGY":{"Power":170,"Voltage":221,"Current":1.000}}`.
//!
//! `Time` is local and has no zone. With several channels `Current` and `Power` are arrays; the binding says which one.

use super::kind::{Channel, Context, Decoded, Unreadable, reading};
use crate::ingest::refusal::Reason;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::Deserialize;

/// `tele/<t>/SENSOR`, `tele/<t>/LWT` and whatever else the plug says about itself. `<t>` may hold `/`.
pub(super) fn split(topic: &str) -> Option<(&str, Channel)> {
    if let Some(rest) = topic.strip_prefix("tele/") {
        let (name, last) = rest.rsplit_once('/')?;
        return Some(match last {
            "SENSOR" => (name, Channel::Telemetry),
            "LWT" => (name, Channel::Status),
            _ => (name, Channel::Other),
        });
    }
    let (name, _) = topic.strip_prefix("stat/")?.rsplit_once('/')?;
    Some((name, Channel::Other))
}

/// `cmnd/<t>` of `cmnd/<t>/{command}`.
pub(super) fn command_address(topic: &str) -> Option<&str> {
    topic.strip_prefix("cmnd/")?;
    topic.rsplit_once('/').map(|(address, _)| address).filter(|address| address.len() > "cmnd/".len())
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "Time")]
    time: Option<String>,
    #[serde(rename = "ENERGY")]
    energy: Option<Energy>,
}

#[derive(Deserialize)]
struct Energy {
    #[serde(rename = "Current")]
    current: Option<OneOrMany>,
    #[serde(rename = "Power")]
    power: Option<OneOrMany>,
    #[serde(rename = "Voltage")]
    voltage: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(f64),
    Many(Vec<f64>),
}

impl OneOrMany {
    fn at(&self, channel: usize) -> Option<f64> {
        match self {
            Self::One(value) => Some(*value),
            Self::Many(values) => values.get(channel).copied(),
        }
    }
}

pub(super) fn telemetry(payload: &[u8], context: Context<'_>) -> Result<Decoded, Unreadable> {
    let report: Report = serde_json::from_slice(payload).map_err(|error| Unreadable::json(&error))?;
    let Some(energy) = report.energy else {
        return Err(Unreadable::new(Reason::NoCurrent, "no ENERGY: this plug does not measure"));
    };
    let at = |values: &Option<OneOrMany>| values.as_ref().and_then(|values| values.at(context.binding.channel));
    let ts_ms = report.time.and_then(|time| utc_ms(&time, context.zone));
    let voltage = energy.voltage.as_ref().and_then(|voltage| voltage.at(context.binding.channel).or(voltage.at(0)));
    let reading = reading(at(&energy.current), at(&energy.power), voltage, ts_ms, context)?;
    Ok(Decoded::Readings { readings: vec![reading], bad: None })
}

/// A plug without a clock sends 1970; that is for [`Reading::new`](crate::domain::Reading::new) to judge.
fn utc_ms(time: &str, zone: Offset) -> Option<i64> {
    let local: DateTime = time.parse().ok()?;
    Some(zone.to_timestamp(local).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::super::kind::tests::context;
    use super::*;
    use crate::domain::{Reading, TimeSource};
    use crate::ingest::Binding;

    const NOW: i64 = 1_635_240_530_000;

    fn read(channel: usize, payload: &str) -> Result<Reading, Reason> {
        let binding = Binding { channel, ..Binding::tasmota("a".parse().unwrap(), "plug") };
        match telemetry(payload.as_bytes(), Context { received_ms: NOW, ..context(&binding) }) {
            Ok(Decoded::Readings { readings, .. }) => Ok(readings[0]),
            Ok(other) => panic!("{other:?}"),
            Err(unreadable) => Err(unreadable.reason),
        }
    }

    #[test]
    fn golden_samples() {
        let sample = r#"{"Time":"2021-10-26T17:28:45","ENERGY":{"TotalStartTime":"2021-10-26T11:50:14","Total":0.021,"Period":0,"Power":170,"ApparentPower":220,"ReactivePower":10,"Factor":0.77,"Voltage":221,"Current":1.000}}"#;
        let reading = read(0, sample).unwrap();
        assert_eq!((reading.ts_ms, reading.time_source), (1_635_240_525_000, TimeSource::Device));
        assert!((reading.current_a - 1.0).abs() < 1e-6 && !reading.derived);

        let two = r#"{"Time":"2021-10-26T17:28:45","ENERGY":{"Power":[170,5],"Voltage":221,"Current":[1.5,0.02]}}"#;
        assert!((read(0, two).unwrap().current_a - 1.5).abs() < 1e-6);
        assert!((read(1, two).unwrap().current_a - 0.02).abs() < 1e-6);

        let power_only = r#"{"Time":"1970-01-01T00:00:12","ENERGY":{"Power":442,"Voltage":221}}"#;
        let reading = read(0, power_only).unwrap();
        assert!(reading.derived && (reading.current_a - 2.0).abs() < 1e-6);
        assert_eq!((reading.ts_ms, reading.time_source), (NOW, TimeSource::Disbelieved));
    }

    #[test]
    fn what_is_no_reading_is_said_why() {
        for (payload, reason) in [
            (r#"{"Time":"2021-10-26T17:28:45","AM2301":{"Temperature":24.6}}"#, Reason::NoCurrent),
            (r#"{"ENERGY":{}}"#, Reason::NoCurrent),
            (r#"{"ENERGY":{"Current":[]}}"#, Reason::NoCurrent),
            (r#"{"ENERGY":{"Current":"1"}}"#, Reason::Unreadable),
            (r#"{"ENERGY":{"Current":[1,[2]]}}"#, Reason::Unreadable),
            (r#"{"ENERGY":7}"#, Reason::Unreadable),
            (r#"{"ENERGY":{"Current":-40}}"#, Reason::OutOfRange),
            ("nonsense", Reason::Unreadable),
        ] {
            assert_eq!(read(0, payload).unwrap_err(), reason, "{payload}");
        }
        let odd_time = r#"{"Time":"yesterday","ENERGY":{"Current":1}}"#;
        assert_eq!(read(0, odd_time).unwrap().time_source, TimeSource::Receipt);
    }

    #[test]
    fn topics_carry_the_plugs_name() {
        assert_eq!(split("tele/lab/3/plug/SENSOR"), Some(("lab/3/plug", Channel::Telemetry)));
        assert_eq!(split("tele/plug/LWT"), Some(("plug", Channel::Status)));
        assert_eq!(split("tele/plug/STATE"), Some(("plug", Channel::Other)));
        assert_eq!(split("stat/plug/RESULT"), Some(("plug", Channel::Other)));
        assert_eq!(split("cmnd/plug/POWER"), None);
        assert_eq!(command_address("cmnd/lab/plug/POWER"), Some("cmnd/lab/plug"));
        assert_eq!(command_address("cmnd/plug"), None);
    }
}
