//! SenML in JSON and CBOR: `[{"bn":"urn:dev:x:","bt":1.276e9,"n":"current","u":"A","v":1.2}]`.
//!
//! RFC 8428: base fields (4.1) hold for their record and the ones behind it, times below 2^28 are relative to now
//! (4.5.3), an unknown field that ends in `_` forbids to go on (4.4), CBOR's labels (6, table 4). Units: RFC 8428 12.1
//! and RFC 8798.

use super::cbor;
use super::heard::{Ear, Unreadable, whole_ms};
use super::number::Number;
use super::pick::Unit;
use super::several::Several;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The name that is read when a binding names none.
const CURRENT: &str = "current";
/// Times from here on are absolute, in seconds.
const ABSOLUTE_FROM: f64 = 268_435_456.0;
/// The version that is spoken.
const VERSION: f64 = 10.0;
/// Records of a pack.
const MOST: usize = 4096;
/// Bytes of a name; longer ones match no channel.
const LONGEST_NAME: usize = 400;

pub(super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    // JSON's bracket is a text in CBOR.
    let Several(records): Several<Record, MOST> = if cbor::is_array(payload) {
        cbor::read(payload)?
    } else {
        serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?
    };
    let mut base = Base::default();
    let mut told = false;
    for record in records {
        told |= base.tell(record, ear);
    }
    if told { Ok(()) } else { Err(Unreadable::no_current("no record that the client's bindings name")) }
}

/// What records inherit.
#[derive(Default)]
struct Base {
    name: String,
    time: f64,
    unit: Option<String>,
    value: f64,
    /// Volt, as the pack's last record of the name `voltage` said.
    voltage: Option<f64>,
}

#[derive(Default)]
struct Record {
    base_name: Option<String>,
    base_time: Option<f64>,
    base_unit: Option<String>,
    base_value: Option<f64>,
    name: Option<String>,
    unit: Option<String>,
    value: Option<f64>,
    time: Option<f64>,
}

impl Base {
    /// Tells what a record says, and keeps what the next ones inherit; whether a binding names it.
    fn tell(&mut self, record: Record, ear: &mut Ear<'_>) -> bool {
        self.name = record.base_name.unwrap_or_else(|| std::mem::take(&mut self.name));
        self.time = record.base_time.unwrap_or(self.time);
        self.unit = record.base_unit.or_else(|| self.unit.take());
        self.value = record.base_value.unwrap_or(self.value);
        let name = record.name.unwrap_or_default();
        let unit = record.unit.as_deref().or(self.unit.as_deref());
        let Some(value) = record.value.map(|value| value + self.value) else { return false };
        if self.name.len() + name.len() > LONGEST_NAME {
            return false;
        }
        let full = format!("{}{name}", self.name);
        if unit == Some("V") && is_named(&full, &name, "voltage") {
            self.voltage = Some(value);
        }
        let ts_ms = self.ts_ms(record.time, ear.moment.received_ms);
        let mut told = false;
        for (at, binding) in ear.bindings() {
            let channel = if binding.channel.is_empty() { CURRENT } else { &*binding.channel };
            if !is_named(&full, &name, channel) {
                continue;
            }
            told = true;
            match unit.map_or(Some(Unit::Ampere), Unit::of) {
                Some(unit) => ear.measured(at, unit.measured(value, self.voltage, ts_ms)),
                None => ear.bad(Unreadable::no_current("a unit that is none of A, mA, W and kW")),
            }
        }
        told
    }

    fn ts_ms(&self, time: Option<f64>, received_ms: i64) -> Option<i64> {
        let seconds = time.unwrap_or(0.0) + self.time;
        if seconds >= ABSOLUTE_FROM {
            return Some(whole_ms(seconds * 1000.0));
        }
        let ago = whole_ms(seconds * 1000.0);
        (ago != 0).then(|| received_ms.saturating_add(ago))
    }
}

/// Whether a channel is a record's whole name, its own, or the end of it behind `:` or `/`.
fn is_named(full: &str, own: &str, channel: &str) -> bool {
    own == channel || full.strip_suffix(channel).is_some_and(|rest| rest.is_empty() || rest.ends_with([':', '/']))
}

/// A record's field: its JSON name, or its CBOR label.
enum Label {
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    Version,
    Name,
    Unit,
    Value,
    Time,
    Other,
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelVisitor;
        impl Visitor<'_> for LabelVisitor {
            type Value = Label;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SenML field")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Label, E> {
                Ok(match name {
                    "bn" => Label::BaseName,
                    "bt" => Label::BaseTime,
                    "bu" => Label::BaseUnit,
                    "bv" => Label::BaseValue,
                    "bver" => Label::Version,
                    "n" => Label::Name,
                    "u" => Label::Unit,
                    "v" => Label::Value,
                    "t" => Label::Time,
                    unknown if unknown.ends_with('_') => {
                        return Err(E::custom("a field that has to be understood and is not"));
                    }
                    _ => Label::Other,
                })
            }

            fn visit_i64<E: Error>(self, label: i64) -> Result<Label, E> {
                Ok(match label {
                    -1 => Label::Version,
                    -2 => Label::BaseName,
                    -3 => Label::BaseTime,
                    -4 => Label::BaseUnit,
                    -5 => Label::BaseValue,
                    0 => Label::Name,
                    1 => Label::Unit,
                    2 => Label::Value,
                    6 => Label::Time,
                    _ => Label::Other,
                })
            }

            fn visit_u64<E: Error>(self, label: u64) -> Result<Label, E> {
                self.visit_i64(i64::try_from(label).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_any(LabelVisitor)
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;
        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SenML record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some(label) = map.next_key()? {
                    match label {
                        Label::BaseName => record.base_name = Some(map.next_value()?),
                        Label::BaseTime => record.base_time = Some(map.next_value::<Number>()?.0),
                        Label::BaseUnit => record.base_unit = Some(map.next_value()?),
                        Label::BaseValue => record.base_value = Some(map.next_value::<Number>()?.0),
                        Label::Version if map.next_value::<Number>()?.0 > VERSION => {
                            return Err(A::Error::custom("a SenML version above 10"));
                        }
                        Label::Version => {}
                        Label::Name => record.name = Some(map.next_value()?),
                        Label::Unit => record.unit = Some(map.next_value()?),
                        Label::Value => record.value = Some(map.next_value::<Number>()?.0),
                        Label::Time => record.time = Some(map.next_value::<Number>()?.0),
                        Label::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(RecordVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DialectKind;
    use super::super::testing::{Client, NOW, Told};
    use super::*;
    use crate::ingest::refusal::Reason;

    fn hear(channel: &str, payload: impl AsRef<[u8]>) -> Told {
        Client::of(DialectKind::Senml, &[("any/topic", channel)]).hear("any/topic", payload)
    }

    #[test]
    fn golden_samples() {
        // RFC 8428, 5.1.2: a base name, and two records; the current of 1.2 A.
        let two = r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]"#;
        assert_eq!(hear("", two).amperes(), [(0, 1.2, false)]);
        assert_eq!(hear("urn:dev:ow:10e2073a01080063:current", two).amperes(), [(0, 1.2, false)]);
        // The second sample of the same section, at the time of this test: base time and relative times.
        let many = r#"[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.700000000e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","v":1.7}]"#;
        let told = hear("current", many);
        assert_eq!(told.amperes(), [(0, 1.2, false), (0, 1.3, false), (0, 1.7, false)]);
        assert_eq!(told.times(), [Some(NOW - 5000), Some(NOW - 4000), Some(NOW)]);
        // RFC 8428, 4.5.3: without a base time, relative to now.
        assert_eq!(hear("", r#"[{"n":"current","u":"A","t":-2.5,"v":1}]"#).times(), [Some(NOW - 2500)]);
        assert_eq!(hear("", r#"[{"n":"current","u":"A","v":1}]"#).times(), [None]);
    }

    #[test]
    fn cbor_says_the_same() {
        // RFC 8428, section 6: the records of 5.1.2 with the labels of table 4.
        let mut two = b"\x82\xa4\x21\x78\x1curn:dev:ow:10e2073a01080063:\x00\x67voltage\x01\x61V\x02\xfb".to_vec();
        two.extend(120.1_f64.to_be_bytes());
        two.extend(b"\xa3\x00\x67current\x01\x61A\x02\xfb");
        two.extend(1.2_f64.to_be_bytes());
        assert_eq!(hear("", &two).amperes(), [(0, 1.2, false)]);
        assert_eq!(hear("", &two[..two.len() - 1]).bad, Some(Reason::Unreadable));
        assert_eq!(hear("", vec![0x81; 5000]).bad, Some(Reason::Unreadable));
        let many = [&[0x99, 0xff, 0xff][..], &[0xa0; 0xffff]].concat();
        assert_eq!(hear("", many).bad, Some(Reason::Unreadable));
    }

    #[test]
    fn units_and_base_values_count() {
        let told =
            hear("p", r#"[{"bn":"x/","bv":100,"n":"voltage","u":"V","v":15},{"bv":0,"n":"p","u":"kW","v":0.46}]"#);
        assert_eq!(told.amperes(), [(0, 4.0, true)]);
        assert_eq!(hear("", r#"[{"n":"current","u":"mA","v":1500}]"#).amperes(), [(0, 1.5, false)]);
        assert_eq!(hear("", r#"[{"n":"current","u":"Cel","v":20}]"#).bad, Some(Reason::NoCurrent));
    }

    #[test]
    fn what_is_no_reading_is_said_why() {
        for (payload, reason) in [
            ("", Reason::Unreadable),
            ("{}", Reason::Unreadable),
            ("[]", Reason::NoCurrent),
            ("[{}]", Reason::NoCurrent),
            (r#"[{"n":"temperature","v":1}]"#, Reason::NoCurrent),
            (r#"[{"n":"current","vs":"much"}]"#, Reason::NoCurrent),
            (r#"[{"n":"current","v":1,"must_":1}]"#, Reason::Unreadable),
            (r#"[{"bver":11,"n":"current","v":1}]"#, Reason::Unreadable),
            (r#"[{"n":"current","v":-9}]"#, Reason::OutOfRange),
            (&format!(r#"[{{"bn":"{}","n":"current","v":1}}]"#, "x".repeat(LONGEST_NAME)), Reason::NoCurrent),
        ] {
            assert_eq!(hear("", payload).bad, Some(reason), "{payload:.60}");
        }
        // Times that cannot be are not believed.
        assert_eq!(
            hear("", r#"[{"n":"current","v":1,"t":1e300},{"n":"current","v":1,"t":-1e300}]"#).times(),
            [None, None]
        );
    }
}
