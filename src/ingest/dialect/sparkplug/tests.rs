//! An edge node's life as its session hears it.

use super::payload::tests::{Said, encode};
use crate::ingest::dialect::DialectKind;
use crate::ingest::dialect::testing::{Client, NOW, Told};
use crate::ingest::refusal::Reason;

const AT: u64 = 1_699_999_999_000;

/// An edge node with sequence numbers of its own.
struct Edge {
    client: Client,
    seq: u64,
}

impl Edge {
    /// The devices of the specification's examples, and a metric of the node itself.
    fn new() -> Self {
        let bindings = [("g/n/d", ""), ("g/n/d", "Motor/Power@kW"), ("g/n", "Feed"), ("g/n/e", "Current")];
        Self { client: Client::of(DialectKind::Sparkplug, &bindings), seq: 0 }
    }

    fn says(&mut self, part: &str, metrics: &[Said<'_>]) -> Told {
        let payload = encode(Some(self.seq), AT, metrics);
        self.seq = (self.seq + 1) % 256;
        self.client.hear(&format!("spBv1.0/g/{part}"), payload)
    }

    fn born() -> Self {
        let mut edge = Self::new();
        let born = edge.says("NBIRTH/n", &[(Some("bdSeq"), None, 3.0), (Some("Feed"), Some(1), 5.0)]);
        assert_eq!((born.amperes(), born.asked), (vec![(2, 5.0, false)], None));
        let metrics: &[Said<'_>] = &[
            (Some("current"), Some(2), 1.5),
            (Some("Motor/Power"), Some(3), 0.46),
            (Some("Temperature"), Some(4), 60.0),
        ];
        let born = edge.says("DBIRTH/n/d", metrics);
        assert_eq!((born.amperes(), born.asked.clone()), (vec![(0, 1.5, false), (1, 2.0, true)], None));
        assert_eq!(born.times(), [Some(NOW - 1000); 2]);
        edge
    }
}

#[test]
fn aliases_mean_what_the_birth_said() {
    let mut edge = Edge::born();
    let said = edge.says("DDATA/n/d", &[(None, Some(4), 61.0), (None, Some(2), 1.75), (None, Some(3), 0.23)]);
    assert_eq!((said.amperes(), said.bad), (vec![(0, 1.75, false), (1, 1.0, true)], None));
    assert_eq!(edge.says("NDATA/n", &[(None, Some(1), 6.0)]).amperes(), [(2, 6.0, false)]);
    let renamed = edge.says("DBIRTH/n/d", &[(Some("current"), Some(4), 2.0)]);
    assert_eq!(renamed.amperes(), [(0, 2.0, false)]);
    assert_eq!(edge.says("DDATA/n/d", &[(None, Some(2), 9.0)]), Told::default(), "no metric that a binding names");
    let late = edge.says("DDATA/n/e", &[(None, Some(9), 1.0)]);
    assert_eq!((late.bad, late.asked.as_deref()), (Some(Reason::NoBirth), Some("spBv1.0/g/NCMD/n")));
    assert_eq!(edge.says("DDATA/n/e", &[(Some("Current"), None, 1.0)]).amperes(), [(3, 1.0, false)]);
}

#[test]
fn sequence_numbers_wrap_and_a_gap_asks_for_a_birth_once() {
    let mut edge = Edge::born();
    for _ in 0..600 {
        assert_eq!(edge.says("NDATA/n", &[]), Told::default());
    }
    edge.seq += 1;
    let gap = edge.says("DDATA/n/d", &[(None, Some(2), 1.0)]);
    assert_eq!((gap.amperes(), gap.asked.as_deref()), (vec![(0, 1.0, false)], Some("spBv1.0/g/NCMD/n")));
    edge.seq += 1;
    assert_eq!(edge.says("NDATA/n", &[]).asked, None, "asked a moment ago");
    edge.client = edge.client.at(NOW + 10_000);
    edge.seq += 1;
    assert!(edge.says("NDATA/n", &[]).asked.is_some());
}

#[test]
fn who_has_not_been_born_is_asked() {
    let mut edge = Edge::new();
    let early = edge.says("DDATA/n/d", &[(None, Some(2), 1.0)]);
    assert_eq!((early.bad, early.asked.as_deref()), (Some(Reason::NoBirth), Some("spBv1.0/g/NCMD/n")));
    assert_eq!(edge.says("DDATA/n/d", &[(Some("current"), None, 1.0)]).amperes(), [(0, 1.0, false)]);
}

#[test]
fn a_death_ends_devices_or_the_whole_node() {
    let mut edge = Edge::born();
    assert_eq!(edge.says("DDEATH/n/d", &[]).gone, [0, 1]);
    let death = |bd_seq| encode(None, AT, &[(Some("bdSeq"), None, bd_seq)]);
    assert_eq!(edge.client.hear("spBv1.0/g/NDEATH/n", death(2.0)), Told::default(), "of an earlier life");
    let mut gone = edge.client.hear("spBv1.0/g/NDEATH/n", death(3.0)).gone;
    gone.sort_unstable();
    assert_eq!(gone, [0, 1, 2, 3]);
    assert!(edge.says("NDATA/n", &[(None, Some(1), 1.0)]).asked.is_some(), "it is not born any more");
}

#[test]
fn a_power_beside_a_current_is_no_second_reading() {
    let mut edge = Edge::born();
    assert_eq!(edge.says("DDATA/n/d", &[(Some("power"), None, 460.0)]), Told::default());
    let mut other = Client::of(DialectKind::Sparkplug, &[("g/n/d", "")]);
    let metrics: &[Said<'_>] = &[(Some("voltage"), None, 115.0), (Some("power"), None, 460.0)];
    assert_eq!(other.hear("spBv1.0/g/DBIRTH/n/d", encode(Some(1), AT, metrics)).amperes(), [(0, 4.0, true)]);
}

#[test]
fn what_is_no_message_is_said_why() {
    let mut edge = Edge::born();
    let unbound = edge.says("DDATA/n/x", &[(Some("current"), None, 1.0)]);
    assert_eq!((unbound.bad, unbound.asked), (Some(Reason::NoBinding), None));
    for (part, payload) in [
        ("DDATA/n/d", &b"\x12\x7f"[..]),
        ("DDATA/n/d", b"\x22\x12SPBV1.0_COMPRESSED"),
        ("DDATA/n", b""),
        ("NDATA/n/d", b""),
        ("NBIRTH/n", b"\x12\x02\x0a\x7f"),
    ] {
        let told = edge.client.hear(&format!("spBv1.0/g/{part}"), payload);
        assert_eq!(told.bad, Some(Reason::Unreadable), "{part} {payload:x?}");
    }
}

#[test]
fn a_birth_of_ten_thousand_names_leaves_no_more_than_is_bound() {
    let mut edge = Edge::new();
    let many: Vec<Said<'_>> = (0..10_000).map(|alias| (Some("current"), Some(alias), 1.0)).collect();
    edge.says("NBIRTH/n", &[]);
    edge.says("DBIRTH/n/d", &many);
    let seventh = edge.says("DDATA/n/d", &[(None, Some(5), 1.0), (None, Some(6), 1.0)]);
    assert_eq!(seventh.readings.len(), 1, "two bindings: six aliases at most");
}

#[test]
fn a_node_listens_to_its_own_commands() {
    let edge = Edge::new();
    let of = |filter| edge.client.command_address(filter);
    assert_eq!(of("spBv1.0/g/NCMD/n"), Some("spBv1.0/g/NCMD/n"));
    assert_eq!(of("spBv1.0/g/DCMD/n/+"), Some("spBv1.0/g/DCMD/n"));
    assert_eq!(of("spBv1.0/g/NCMD/m"), None);
    assert_eq!(of("spBv1.0/STATE/host"), None);
}
