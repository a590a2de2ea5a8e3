//! dayi's own dialect: `{"ts":1700000000000,"current":1.234}` or an array of such, in JSON or, at `telemetry/cbor`, in
//! CBOR (RFC 8949).

use super::heard::{Ear, Measured, Unreadable, whole_ms};
use super::number::Number;
use super::several::Several;
use super::{Place, cbor};
use serde::Deserialize;

const ROOT: &str = "dayi/v1/";
const CBOR: &str = "telemetry/cbor";
/// Readings in one payload.
const MOST: usize = 16_384;

/// `dayi/v1/{instrument}/telemetry`, `…/telemetry/cbor` and `…/status`.
pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    let (instrument, rest) = topic.strip_prefix(ROOT)?.split_once('/')?;
    match rest {
        "telemetry" | CBOR => Some(Place::data(instrument, rest)),
        "status" => Some(Place::status(instrument)),
        _ => None,
    }
}

/// `dayi/v1/{instrument}/command` of any topic at or below it.
pub(super) fn command_address(topic: &str) -> Option<(&str, String)> {
    let (instrument, rest) = topic.strip_prefix(ROOT)?.split_once('/')?;
    let below = rest.strip_prefix("command")?;
    let address = &topic[..ROOT.len() + instrument.len() + "/command".len()];
    (below.is_empty() || below.starts_with('/')).then(|| (address, instrument.to_owned()))
}

#[derive(Deserialize)]
struct Sample {
    ts: Option<Number>,
    current: Option<Number>,
    power: Option<Number>,
    voltage: Option<Number>,
}

enum OneOrMany {
    One(Sample),
    Many(Vec<Sample>),
}

pub(super) fn read(part: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let samples = if part == CBOR { binary(payload)? } else { text(payload)? };
    match samples {
        OneOrMany::One(sample) => ear.measured(0, sample.into()),
        OneOrMany::Many(samples) if samples.is_empty() => return Err(Unreadable::no_current("an empty array")),
        OneOrMany::Many(samples) => samples.into_iter().for_each(|sample| ear.measured(0, sample.into())),
    }
    Ok(())
}

fn text(payload: &[u8]) -> Result<OneOrMany, Unreadable> {
    // By the first byte, not by trying: that is faster, and the error is about what was meant.
    let samples = match payload.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(payload).map(OneOrMany::of),
        _ => serde_json::from_slice(payload).map(OneOrMany::One),
    };
    samples.map_err(|error| Unreadable::because(&error))
}

fn binary(payload: &[u8]) -> Result<OneOrMany, Unreadable> {
    if cbor::is_array(payload) {
        cbor::read(payload).map(OneOrMany::of)
    } else {
        cbor::read(payload).map(OneOrMany::One)
    }
}

impl OneOrMany {
    fn of(Several(samples): Several<Sample, MOST>) -> Self {
        Self::Many(samples)
    }
}

impl From<Sample> for Measured {
    fn from(sample: Sample) -> Self {
        let number = |number: Option<Number>| number.map(|Number(value)| value);
        Self {
            current: number(sample.current),
            power: number(sample.power),
            voltage: number(sample.voltage),
            ts_ms: number(sample.ts).map(whole_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, NOW, Told};
    use super::super::{Content, DialectKind};
    use super::*;
    use crate::ingest::refusal::Reason;
    use serde_json::json;

    fn hear(part: &str, payload: impl AsRef<[u8]>) -> Told {
        Client::of(DialectKind::Dayi, &[("a", "")]).hear(&format!("dayi/v1/a/{part}"), payload)
    }

    fn cbor(value: &serde_json::Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn golden_samples() {
        let told = hear("telemetry", format!(r#"{{"ts":{},"current":1.234,"seq":7,"extra":{{}}}}"#, NOW - 5));
        assert_eq!((told.amperes(), told.times()), (vec![(0, 1.234, false)], vec![Some(NOW - 5)]));
        let told = hear("telemetry", r#"{"current":0}"#);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 0.0, false)], vec![None]));
        let told = hear("telemetry", r#" [{"current":1},{"power":460,"voltage":230}] "#);
        assert_eq!(told.amperes(), [(0, 1.0, false), (0, 2.0, true)]);
    }

    #[test]
    fn cbor_says_the_same() {
        let told = hear(CBOR, cbor(&json!({"ts": NOW - 5, "current": 1.5, "seq": 7, "extra": [[{}]]})));
        assert_eq!((told.amperes(), told.times()), (vec![(0, 1.5, false)], vec![Some(NOW - 5)]));
        let told = hear(CBOR, cbor(&json!([{"current": 1}, {"power": 460, "voltage": 230}, {}])));
        assert_eq!((told.amperes(), told.bad), (vec![(0, 1.0, false), (0, 2.0, true)], Some(Reason::NoCurrent)));
        // {"current": 1.5} with a half float (RFC 8949, appendix A), and an array without a length.
        assert_eq!(hear(CBOR, b"\xa1\x67current\xf9\x3e\x00").amperes(), [(0, 1.5, false)]);
        assert_eq!(hear(CBOR, b"\x9f\xbf\x67current\x02\xff\xff").amperes(), [(0, 2.0, false)]);
        let bomb = [&[0x9b, 0, 0, 0, 1, 0, 0, 0, 0][..], &[0xa0; 100]].concat();
        for (payload, reason) in [
            (&b""[..], Reason::Unreadable),
            (b"\xa1\x67current", Reason::Unreadable),
            (b"\xa1\x67current\x01\x00", Reason::Unreadable),
            (b"\xa1\x67current\xf9\x7e\x00", Reason::OutOfRange),
            (b"\xa1\x67current\x20", Reason::OutOfRange),
            (b"{\"current\":1}", Reason::Unreadable),
            (&[0x81; 5_000], Reason::Unreadable),
            (&bomb, Reason::Unreadable),
            (b"\x80", Reason::NoCurrent),
        ] {
            let told = hear(CBOR, payload);
            assert_eq!((told.bad, told.readings.len()), (Some(reason), 0), "{payload:x?}");
        }
    }

    #[test]
    fn a_bad_part_of_an_array_does_not_take_the_good_ones_with_it() {
        let told = hear("telemetry", r#"[{"current":1},{"current":-7},{},{"current":2}]"#);
        assert_eq!((told.readings.len(), told.bad), (2, Some(Reason::OutOfRange)));
        assert_eq!(hear("telemetry", "[]").bad, Some(Reason::NoCurrent));
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
            (&format!("[{}{{}}]", "{},".repeat(MOST)), Reason::Unreadable),
            (r#"{"current":1e9}"#, Reason::OutOfRange),
            (r#"{"current":-1}"#, Reason::OutOfRange),
            (r#"{"ts":1}"#, Reason::NoCurrent),
            (r#"{"current":null}"#, Reason::NoCurrent),
        ] {
            assert_eq!(hear("telemetry", payload).bad, Some(reason), "{payload:.60}");
        }
        assert_eq!(hear("telemetry", b"{\"current\":1,\"\xff\xfe\":2}").bad, Some(Reason::Unreadable));
    }

    #[test]
    fn topics_carry_the_instrument() {
        let place = split("dayi/v1/a.b-1/telemetry").unwrap();
        assert_eq!((&*place.name, place.content), ("a.b-1", Content::Data("telemetry")));
        assert_eq!(split("dayi/v1/a/status"), Some(Place::status("a")));
        for topic in ["dayi/v1/a/state", "dayi/v1/a", "dayi/v2/a/status", "dayi/v1/a/status/x", "电/v1/a/status", ""] {
            assert_eq!(split(topic), None, "{topic}");
        }
        for topic in ["dayi/v1/a/command/reboot/now", "dayi/v1/a/command"] {
            assert_eq!(command_address(topic), Some(("dayi/v1/a/command", "a".into())));
        }
        assert_eq!(command_address("dayi/v1/a/commander"), None);
    }
}
