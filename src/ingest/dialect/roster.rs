//! The bindings of one client: which of them a topic is about, and what its payload says of them.

use super::heard::{Ear, Heard, Moment};
use super::memory::Memory;
use super::{Content, DialectKind};
use crate::ingest::port::Binding;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// Bindings that are asked whether they tolerate a topic; of a gateway's many, one is like the other.
const ASKED: usize = 8;

/// A client's bindings, ready to be looked up, and what is remembered of their sensors.
pub(crate) struct Roster {
    /// In the order of [`order`].
    bindings: Arc<[Binding]>,
    /// One bit a dialect that the client speaks.
    spoken: u16,
    memory: Memory,
}

/// Whose a topic is.
#[derive(Debug, PartialEq)]
pub(crate) enum Owner<'t> {
    /// Some of the client's bindings.
    Bound(Target<'t>),
    /// The client's own business.
    Own,
    /// A sensor behind the client that no binding names.
    Unbound,
    /// Somebody else.
    Stranger,
}

/// The bindings a topic is about, and what it carries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target<'t> {
    pub(crate) dialect: DialectKind,
    pub(crate) bindings: Range<usize>,
    pub(crate) content: Content<'t>,
}

impl Roster {
    pub(crate) fn new(bindings: &[Binding]) -> Self {
        let mut bindings = bindings.to_vec();
        bindings.sort_by(|a, b| {
            let by_name = a.dialect.cmp(&b.dialect).then_with(|| order(a.dialect, a.key(), b.key()));
            by_name.then_with(|| a.channel.cmp(&b.channel))
        });
        let spoken = bindings.iter().fold(0, |spoken, binding| spoken | 1 << binding.dialect as u16);
        Self { bindings: bindings.into(), spoken, memory: Memory::default() }
    }

    pub(crate) fn binding(&self, at: usize) -> Option<&Binding> {
        self.bindings.get(at)
    }

    /// The first of the bindings in words.
    pub(crate) fn describe(&self) -> String {
        let named = |binding: &Binding| format!("{} {}", binding.dialect.name(), binding.key());
        let first: Vec<_> = self.bindings.iter().take(3).map(named).collect();
        match self.bindings.len() {
            0 => "no instrument is bound to it".into(),
            all if all > first.len() => format!("bound are {} and {} more", first.join(", "), all - first.len()),
            _ => format!("bound is {}", first.join(", ")),
        }
    }

    /// Whose this topic is, which is a valid one.
    pub(crate) fn owner<'t>(&self, topic: &'t str) -> Owner<'t> {
        let mut behind = false;
        for dialect in self.dialects() {
            let Some(place) = dialect.split(topic) else { continue };
            let bindings = self.find(dialect, &place.name);
            if !bindings.is_empty() {
                return match place.content {
                    Content::Other => Owner::Own,
                    content => Owner::Bound(Target { dialect, bindings, content }),
                };
            }
            behind |= dialect.is_of_gateways();
        }
        let tolerated = |binding: &Binding| binding.dialect.tolerates(topic, &binding.prefix);
        if self.bindings.iter().take(ASKED).any(tolerated) {
            Owner::Own
        } else if behind {
            Owner::Unbound
        } else {
            Owner::Stranger
        }
    }

    /// Reads a payload into `heard`, which is emptied before.
    pub(crate) fn hear(&mut self, target: &Target<'_>, payload: &[u8], moment: Moment, heard: &mut Heard) {
        heard.readings.clear();
        heard.gone.clear();
        (heard.bad, heard.ask) = (None, None);
        let Some(bindings) = self.bindings.get(target.bindings.clone()) else { return };
        let mut ear = Ear { bindings, first: target.bindings.start, memory: &mut self.memory, moment, heard };
        if let Err(bad) = target.dialect.read(target.content, payload, &mut ear) {
            ear.bad(bad);
        }
    }

    /// The address of one of the client's own sensors that a filter of commands is about.
    pub(crate) fn command_address<'a>(&self, filter: &'a str) -> Option<&'a str> {
        self.dialects().find_map(|dialect| {
            let (address, name) = dialect.command_address(filter)?;
            (!self.find(dialect, &name).is_empty()).then_some(address)
        })
    }

    fn dialects(&self) -> impl Iterator<Item = DialectKind> + use<> {
        let spoken = self.spoken;
        DialectKind::ALL.into_iter().filter(move |dialect| spoken & 1 << *dialect as u16 != 0)
    }

    /// The bindings of this name; where the dialect reaches below it, also those of `name/…`.
    fn find(&self, dialect: DialectKind, name: &str) -> Range<usize> {
        let before = |binding: &Binding| {
            binding.dialect.cmp(&dialect).then_with(|| order(dialect, binding.key(), name)) == Ordering::Less
        };
        let start = self.bindings.partition_point(before);
        let is_of = |key: &str| match key.strip_prefix(name) {
            Some("") => true,
            Some(rest) => dialect.reaches_below() && rest.starts_with('/'),
            None => false,
        };
        let of_name = |binding: &Binding| binding.dialect == dialect && is_of(binding.key());
        start..start + self.bindings[start..].partition_point(of_name)
    }
}

/// The order of names: where a dialect reaches below a name, `a/b` stands before `a-b`, next to its `a`.
fn order(dialect: DialectKind, a: &str, b: &str) -> Ordering {
    if dialect.reaches_below() { a.split('/').cmp(b.split('/')) } else { a.cmp(b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::Offset;
    use proptest::prelude::*;

    fn of_each_dialect(channel: &str) -> Vec<Binding> {
        DialectKind::ALL
            .into_iter()
            .map(|dialect| {
                let binding = Binding::dayi("a".parse().unwrap());
                Binding { dialect, prefix: topics(dialect)[0].0.into(), channel: channel.into(), ..binding }
            })
            .collect()
    }

    /// A prefix, and topics of the sensor it names.
    fn topics(dialect: DialectKind) -> Vec<(&'static str, &'static str)> {
        let (prefix, topics): (_, &[_]) = match dialect {
            DialectKind::Dayi => ("a", &["dayi/v1/a/telemetry", "dayi/v1/a/telemetry/cbor", "dayi/v1/a/status"]),
            DialectKind::Tasmota => ("p", &["tele/p/SENSOR", "tele/p/LWT"]),
            DialectKind::ShellyGen1 => ("p", &["shellies/p/relay/0/power", "shellies/p/voltage", "shellies/p/online"]),
            DialectKind::Shelly => ("p", &["p/status/switch:0", "p/events/rpc", "p/online"]),
            DialectKind::Zigbee2mqtt => ("z/p", &["z/p", "z/p/availability"]),
            DialectKind::Esphome => ("e", &["e/sensor/current/state", "e/status"]),
            DialectKind::Sparkplug => ("g/n/d", &["spBv1.0/g/NBIRTH/n", "spBv1.0/g/DDATA/n/d", "spBv1.0/g/NDEATH/n"]),
            DialectKind::Senml => ("any", &["any"]),
            DialectKind::Thingsboard => ("v1/devices/me", &["v1/devices/me/telemetry"]),
            DialectKind::Aliyun => ("k/d", &["/sys/k/d/thing/event/property/post"]),
            DialectKind::Onenet => ("k/d", &["$sys/k/d/thing/property/post"]),
            DialectKind::Huawei => ("d", &["$oc/devices/d/sys/properties/report"]),
            DialectKind::Jetlinks => ("k/d", &["/k/d/properties/report", "/k/d/offline"]),
        };
        topics.iter().map(|topic| (prefix, *topic)).collect()
    }

    fn hear_all(payloads: &[Vec<u8>], channel: &str) {
        let mut roster = Roster::new(&of_each_dialect(channel));
        let mut heard = Heard::default();
        let moment = Moment { received_ms: 1_700_000_000_000, zone: Offset::UTC };
        for dialect in DialectKind::ALL {
            for (_, topic) in topics(dialect) {
                let Owner::Bound(target) = roster.owner(topic) else { panic!("{topic}") };
                assert_eq!(target.dialect, dialect);
                for payload in payloads {
                    roster.hear(&target, payload, moment, &mut heard);
                    assert!(heard.readings.iter().all(|(_, reading)| reading.current_a.is_finite()));
                }
            }
        }
    }

    #[test]
    fn a_node_and_its_devices_stand_together() {
        let of = |prefix: &str| Binding {
            dialect: DialectKind::Sparkplug,
            prefix: prefix.into(),
            ..Binding::dayi(prefix.replace('/', ".").parse().unwrap())
        };
        let roster = Roster::new(&["g/n-1", "g/n/b", "g/n", "g/n.x/a", "g/n/a", "g/m"].map(of));
        let names = |topic: &str| match roster.owner(topic) {
            Owner::Bound(target) => target.bindings.map(|at| roster.binding(at).unwrap().key()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(names("spBv1.0/g/DDATA/n/a"), ["g/n", "g/n/a", "g/n/b"]);
        assert_eq!(names("spBv1.0/g/NBIRTH/n.x"), ["g/n.x/a"]);
        assert_eq!(roster.owner("spBv1.0/g/NBIRTH/x"), Owner::Unbound);
        assert_eq!(roster.owner("spBv1.0/STATE/host"), Owner::Stranger);
    }

    #[test]
    fn one_payload_may_be_of_several_bindings() {
        let of = |(at, channel): (usize, &str)| Binding {
            channel: channel.into(),
            ..Binding::tasmota(format!("i{at}").parse().unwrap(), "strip")
        };
        let mut roster = Roster::new(&["1", "0", "2"].into_iter().enumerate().map(of).collect::<Vec<_>>());
        let Owner::Bound(target) = roster.owner("tele/strip/SENSOR") else { panic!() };
        let mut heard = Heard::default();
        let moment = Moment { received_ms: 0, zone: Offset::UTC };
        roster.hear(&target, br#"{"ENERGY":{"Current":[1,2]}}"#, moment, &mut heard);
        let said = heard.readings.iter().map(|(at, reading)| (roster.binding(*at).unwrap().key(), reading.current_a));
        assert_eq!(said.collect::<Vec<_>>(), [("strip", 1.0), ("strip", 2.0)]);
        assert!(heard.bad.is_some(), "the third has no value");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..4), channel in "[a-z0-9:/@]{0,6}") {
            hear_all(&payloads, &channel);
        }

        #[test]
        fn no_json_like_text_panics(payload in r#"[\[{]{1,3}"(ts|current|power|Time|ENERGY|Current|bn|bt|n|v|t|u|params|services|properties|values|last_seen)":(-?[0-9]{1,25}(e[0-9]{1,4})?|"[0-9:T-]{0,30}"|NaN|null|\[\]|\{\})[\]},]{1,3}"#) {
            hear_all(&[payload.into_bytes()], "");
        }

        #[test]
        fn no_topic_panics(topic in "(/|\\$)?(sys|spBv1.0|tele|stat|shellies|a|电|/|status|sensor|state|availability){0,8}.{0,20}") {
            let roster = Roster::new(&of_each_dialect(""));
            let _ = (roster.owner(&topic), roster.command_address(&topic));
        }
    }
}
