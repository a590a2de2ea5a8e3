//! dayi's own dialect: `{"ts":1700000000000,"current":1.234}` or an array of such.

use super::kind::{Channel, Context, Decoded, Unreadable, reading};
use crate::ingest::refusal::Reason;
use serde::Deserialize;

const ROOT: &str = "dayi/v1/";

/// `dayi/v1/{instrument}/telemetry` and `…/status`.
pub(super) fn split(topic: &str) -> Option<(&str, Channel)> {
    let (instrument, rest) = topic.strip_prefix(ROOT)?.split_once('/')?;
    match rest {
        "telemetry" => Some((instrument, Channel::Telemetry)),
        "status" => Some((instrument, Channel::Status)),
        _ => None,
    }
}

/// `dayi/v1/{instrument}/command` of any topic at or below it.
pub(super) fn command_address(topic: &str) -> Option<&str> {
    let (instrument, rest) = topic.strip_prefix(ROOT)?.split_once('/')?;
    let below = rest.strip_prefix("command")?;
    (below.is_empty() || below.starts_with('/')).then(|| &topic[..ROOT.len() + instrument.len() + "/command".len()])
}

#[derive(Deserialize)]
struct Sample {
    ts: Option<f64>,
    current: Option<f64>,
    power: Option<f64>,
    voltage: Option<f64>,
}

pub(super) fn telemetry(payload: &[u8], context: Context<'_>) -> Result<Decoded, Unreadable> {
    let json = |error: serde_json::Error| Unreadable::json(&error);
    if payload.trim_ascii_start().first() != Some(&b'[') {
        let sample: Sample = serde_json::from_slice(payload).map_err(json)?;
        return Ok(Decoded::Readings { readings: vec![of_sample(&sample, context)?], bad: None });
    }
    let samples: Vec<Sample> = serde_json::from_slice(payload).map_err(json)?;
    let mut readings = Vec::with_capacity(samples.len());
    let mut bad = None;
    for sample in &samples {
        match of_sample(sample, context) {
            Ok(reading) => readings.push(reading),
            Err(unreadable) => bad = bad.or(Some(unreadable)),
        }
    }
    if samples.is_empty() {
        bad = Some(Unreadable::new(Reason::NoCurrent, "an empty array"));
    }
    Ok(Decoded::Readings { readings, bad })
}

fn of_sample(sample: &Sample, context: Context<'_>) -> Result<crate::domain::Reading, Unreadable> {
    #[expect(clippy::cast_possible_truncation, reason = "a time beyond 2^53 ms is not sane and falls back to receipt")]
    let ts_ms = sample.ts.map(|ts| ts as i64);
    reading(sample.current, sample.power, sample.voltage, ts_ms, context)
}

#[cfg(test)]
mod tests {
    use super::super::kind::tests::{NOW, context};
    use super::*;
    use crate::domain::{Reading, TimeSource};
    use crate::ingest::Binding;

    fn read(payload: &str) -> Result<(Vec<Reading>, Option<Reason>), Reason> {
        let binding = Binding::dayi("a".parse().unwrap());
        match telemetry(payload.as_bytes(), context(&binding)) {
            Ok(Decoded::Readings { readings, bad }) => Ok((readings, bad.map(|bad| bad.reason))),
            Ok(other) => panic!("{other:?}"),
            Err(unreadable) => Err(unreadable.reason),
        }
    }

    #[test]
    fn golden_samples() {
        let (readings, _) = read(&format!(r#"{{"ts":{},"current":1.234,"seq":7,"extra":{{}}}}"#, NOW - 5)).unwrap();
        assert_eq!((readings[0].ts_ms, readings[0].time_source), (NOW - 5, TimeSource::Device));
        assert!((readings[0].current_a - 1.234).abs() < 1e-6 && !readings[0].derived);

        let (readings, _) = read(r#"{"current":0}"#).unwrap();
        assert_eq!((readings[0].ts_ms, readings[0].time_source), (NOW, TimeSource::Receipt));

        let (readings, _) = read(r#" [{"current":1},{"power":460,"voltage":230}] "#).unwrap();
        assert!(readings.len() == 2 && readings[1].derived && (readings[1].current_a - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_bad_part_of_an_array_does_not_take_the_good_ones_with_it() {
        let (readings, bad) = read(r#"[{"current":1},{"current":-7},{},{"current":2}]"#).unwrap();
        assert_eq!((readings.len(), bad), (2, Some(Reason::OutOfRange)));
        assert_eq!(read("[]").unwrap(), (vec![], Some(Reason::NoCurrent)));
    }

    #[test]
    fn what_is_no_reading_is_said_why() {
        for (payload, reason) in [
            ("", Reason::Unreadable),
            ("1.5", Reason::Unreadable),
            ("{", Reason::Unreadable),
            (r#"{"current":"1.5"}"#, Reason::Unreadable),
            (r#"{"current":NaN}"#, Reason::Unreadable),
            (r#"{"current":1e999}"#, Reason::Unreadable),
            (r#"{"current":1,"current":2}"#, Reason::Unreadable),
            (r#"{"current":1} trailing"#, Reason::Unreadable),
            (&"[".repeat(10_000), Reason::Unreadable),
            (&format!(r#"{{"current":1,"x":{}}}"#, "[".repeat(10_000)), Reason::Unreadable),
            (r#"{"current":1e9}"#, Reason::OutOfRange),
            (r#"{"current":-1}"#, Reason::OutOfRange),
            (r#"{"ts":1}"#, Reason::NoCurrent),
            (r#"{"current":null}"#, Reason::NoCurrent),
        ] {
            assert_eq!(read(payload).unwrap_err(), reason, "{payload:.60}");
        }
        let binding = Binding::dayi("a".parse().unwrap());
        assert!(telemetry(b"{\"current\":1,\"\xff\xfe\":2}", context(&binding)).is_err());
    }

    #[test]
    fn topics_carry_the_instrument() {
        assert_eq!(split("dayi/v1/a.b-1/telemetry"), Some(("a.b-1", Channel::Telemetry)));
        assert_eq!(split("dayi/v1/a/status"), Some(("a", Channel::Status)));
        for topic in ["dayi/v1/a/state", "dayi/v1/a", "dayi/v2/a/status", "dayi/v1/a/status/x", "电/v1/a/status", ""] {
            assert_eq!(split(topic), None, "{topic}");
        }
        assert_eq!(command_address("dayi/v1/a/command/reboot/now"), Some("dayi/v1/a/command"));
        assert_eq!(command_address("dayi/v1/a/command"), Some("dayi/v1/a/command"));
        assert_eq!(command_address("dayi/v1/a/commander"), None);
    }
}
