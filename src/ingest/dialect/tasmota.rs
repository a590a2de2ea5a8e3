//! Tasmota: `{"Time":"2021-10-26T17:28:45","ENERGY":{"Power":170,"Voltage":221,"Current":1.000}}`.
//!
//! `Time` is local and has no zone. With several channels `Current` and `Power` are arrays; the binding says which one.

use super::Place;
use super::heard::{Ear, Measured, Unreadable};
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::Deserialize;

/// `tele/<t>/SENSOR`, `tele/<t>/LWT` and whatever else the plug says about itself. `<t>` may hold `/`.
pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    if let Some(rest) = topic.strip_prefix("tele/") {
        let (name, last) = rest.rsplit_once('/')?;
        return Some(match last {
            "SENSOR" => Place::data(name, last),
            "LWT" => Place::status(name),
            _ => Place::other(name),
        });
    }
    let (name, _) = topic.strip_prefix("stat/")?.rsplit_once('/')?;
    Some(Place::other(name))
}

/// `cmnd/<t>` of `cmnd/<t>/{command}`.
pub(super) fn command_address(topic: &str) -> Option<(&str, String)> {
    let (name, _) = topic.strip_prefix("cmnd/")?.rsplit_once('/')?;
    (!name.is_empty()).then(|| (&topic[.."cmnd/".len() + name.len()], name.to_owned()))
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

pub(super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let report: Report = serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?;
    let Some(energy) = report.energy else {
        return Err(Unreadable::no_current("no ENERGY: this plug does not measure"));
    };
    let ts_ms = report.time.and_then(|time| utc_ms(&time, ear.moment.zone));
    for (at, binding) in ear.bindings() {
        let channel = binding.channel.parse().unwrap_or(0);
        let of = |values: &Option<OneOrMany>| values.as_ref().and_then(|values| values.at(channel));
        let voltage = energy.voltage.as_ref().and_then(|voltage| voltage.at(channel).or(voltage.at(0)));
        ear.measured(at, Measured { current: of(&energy.current), power: of(&energy.power), voltage, ts_ms });
    }
    Ok(())
}

/// A plug without a clock sends 1970; that is for [`Reading::new`](crate::domain::Reading::new) to judge.
fn utc_ms(time: &str, zone: Offset) -> Option<i64> {
    let local: DateTime = time.parse().ok()?;
    Some(zone.to_timestamp(local).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::super::DialectKind;
    use super::super::testing::{Client, Told};
    use super::*;
    use crate::ingest::refusal::Reason;

    const NOW: i64 = 1_635_240_530_000;

    fn hear(payload: &str) -> Told {
        Client::of(DialectKind::Tasmota, &[("plug", ""), ("plug", "1")]).at(NOW).hear("tele/plug/SENSOR", payload)
    }

    #[test]
    fn golden_samples() {
        // Tasmota documentation, "MQTT" and "Power Monitoring Calibration".
        let sample = r#"{"Time":"2021-10-26T17:28:45","ENERGY":{"TotalStartTime":"2021-10-26T11:50:14","Total":0.021,"Period":0,"Power":170,"ApparentPower":220,"ReactivePower":10,"Factor":0.77,"Voltage":221,"Current":1.000}}"#;
        let mut one = Client::of(DialectKind::Tasmota, &[("plug", "")]).at(NOW);
        let told = one.hear("tele/plug/SENSOR", sample);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 1.0, false)], vec![Some(1_635_240_525_000)]));
        let told =
            one.hear("tele/plug/SENSOR", r#"{"Time":"1970-01-01T00:00:12","ENERGY":{"Power":442,"Voltage":221}}"#);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 2.0, true)], vec![None]));
        let two = r#"{"Time":"2021-10-26T17:28:45","ENERGY":{"Power":[170,5],"Voltage":221,"Current":[1.5,0.02]}}"#;
        assert_eq!(hear(two).amperes(), [(0, 1.5, false), (1, 0.02, false)]);
        assert_eq!(one.hear("tele/plug/LWT", "Offline").gone, [0]);
        assert_eq!(one.hear("tele/plug/LWT", "Online"), Told::default());
        assert_eq!(one.hear("tele/plug/LWT", "").bad, Some(Reason::Unreadable));
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
            assert_eq!(hear(payload).bad, Some(reason), "{payload}");
        }
        assert_eq!(hear(r#"{"Time":"yesterday","ENERGY":{"Current":1}}"#).times(), [None, None]);
    }

    #[test]
    fn topics_carry_the_plugs_name() {
        assert_eq!(split("tele/lab/3/plug/SENSOR"), Some(Place::data("lab/3/plug", "SENSOR")));
        assert_eq!(split("tele/plug/LWT"), Some(Place::status("plug")));
        assert_eq!(split("tele/plug/STATE"), Some(Place::other("plug")));
        assert_eq!(split("stat/plug/RESULT"), Some(Place::other("plug")));
        assert_eq!(split("cmnd/plug/POWER"), None);
        assert_eq!(command_address("cmnd/lab/plug/POWER"), Some(("cmnd/lab/plug", "lab/plug".into())));
        assert_eq!(command_address("cmnd/plug"), None);
    }
}
