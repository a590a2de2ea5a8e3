//! PUBLISH: readings arrive, and only then is one acknowledged.

use super::bench::{Bench, NOW};
use super::wire::{BOTH, Version, packet, text};
use dayi::ingest::Reason;

const TELEMETRY: &str = "dayi/v1/s-a/telemetry";
const ONE: &[u8] = br#"{"current":1}"#;

#[tokio::test]
async fn readings_arrive_at_every_qos_of_both_versions() {
    for version in BOTH {
        let bench = Bench::new();
        let mut wire = bench.client(version, "s-a").await;
        wire.publish(TELEMETRY, format!(r#"{{"ts":{},"current":1.5}}"#, NOW - 9).as_bytes(), 0, 0).await;
        wire.publish(TELEMETRY, br#"[{"current":2},{"power":690,"voltage":230}]"#, 1, 5).await;
        assert_eq!(wire.packet().await, Some((0x40, vec![0, 5])));
        let readings = bench.sink.readings_of("s-a");
        assert_eq!(readings.iter().map(|reading| reading.current_a).collect::<Vec<_>>(), [1.5, 2.0, 3.0]);
        assert_eq!(readings.iter().map(|reading| reading.ts_ms).collect::<Vec<_>>(), [NOW - 9, NOW, NOW]);
        assert!(readings[2].derived);
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_was_handed_over() {
    let bench = Bench::new();
    bench.sink.hold();
    let mut wire = bench.v4("s-a").await;
    wire.publish(TELEMETRY, ONE, 1, 1).await;
    wire.publish(TELEMETRY, b"garbage", 1, 2).await;
    bench.sink.started(1).await;
    // The answer to a PING comes, the acknowledgements do not.
    wire.ping().await;
    assert_eq!(wire.packet().await, Some((0xd0, vec![])));
    bench.sink.let_go();
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 1])));
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 2])));
}

#[tokio::test]
async fn a_full_window_stops_the_reading_and_nothing_is_lost() {
    let bench = Bench::with(|config| config.in_flight = 4);
    bench.sink.hold();
    let mut wire = bench.v4("s-a").await;
    let mut burst = Vec::new();
    for pkid in 1..=20 {
        burst.extend(wire.publish_packet(TELEMETRY, ONE, 1, pkid));
    }
    wire.send(&burst).await;
    bench.sink.started(4).await;
    let mut other = bench.v4("s-b").await;
    other.publish("dayi/v1/s-b/telemetry", ONE, 0, 0).await;
    bench.sink.started(5).await;
    assert_eq!(bench.sink.started_by_now(), 5, "the first client may have only four under way");
    bench.sink.let_go();
    for pkid in 1..=20 {
        assert_eq!(wire.packet().await, Some((0x40, vec![0, pkid])));
    }
    assert_eq!(bench.sink.readings_of("s-a").len(), 20);
}

#[tokio::test]
async fn a_burst_that_is_answered_at_once_is_taken_to_its_end() {
    let bench = Bench::with(|config| config.in_flight = 4);
    for version in BOTH {
        let mut wire = bench.client(version, "svc").await;
        let burst: Vec<u8> = (1..=20).flat_map(|pkid| wire.publish_packet("nobody/listens", ONE, 1, pkid)).collect();
        wire.send(&burst).await;
        for pkid in 1..=20 {
            assert_eq!(wire.packet().await, Some((0x40, vec![0, pkid])));
        }
    }
}

#[tokio::test]
async fn a_burst_that_ends_with_a_disconnect_is_not_lost() {
    let bench = Bench::with(|config| config.in_flight = 4);
    let mut wire = bench.v4("s-a").await;
    let mut burst = Vec::new();
    for _ in 0..100 {
        burst.extend(wire.publish_packet(TELEMETRY, ONE, 0, 0));
    }
    burst.extend([0xe0, 0]);
    wire.send(&burst).await;
    assert_eq!(wire.packet().await, None);
    assert_eq!(bench.sink.readings_of("s-a").len(), 100);
}

#[tokio::test]
async fn qos_2_is_delivered_once() {
    for version in BOTH {
        let bench = Bench::new();
        let mut wire = bench.client(version, "s-a").await;
        for _ in 0..2 {
            wire.publish(TELEMETRY, ONE, 2, 9).await;
            assert_eq!(wire.packet().await, Some((0x50, vec![0, 9])));
        }
        wire.send(&packet(0x62, &[0, 9])).await;
        assert_eq!(wire.packet().await, Some((0x70, vec![0, 9])));
        assert_eq!(bench.sink.readings_of("s-a").len(), 1);
        // The id is free again.
        wire.publish(TELEMETRY, ONE, 2, 9).await;
        assert_eq!(wire.packet().await, Some((0x50, vec![0, 9])));
        assert_eq!(bench.sink.readings_of("s-a").len(), 2);
    }
}

#[tokio::test]
async fn qos_2_without_end_is_bounded() {
    let bench = Bench::new();
    // A v5 client is told how many, a v3.1.1 client cannot be.
    for (version, most) in [(Version::V5, 64), (Version::V4, 1024)] {
        let mut wire = bench.client(version, "svc-endless").await;
        for pkid in 1..=most {
            wire.publish("x", b"", 2, pkid).await;
            assert_eq!(wire.packet().await.unwrap().0, 0x50);
        }
        wire.publish("x", b"", 2, most + 1).await;
        wire.closed(0x93).await;
    }
}

#[tokio::test]
async fn a_client_publishes_only_under_its_own_bindings() {
    let bench = Bench::new();
    let mut wire = bench.v5("s-a").await;
    wire.publish("dayi/v1/s-b/telemetry", ONE, 1, 1).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 1, 0x87])));
    wire.publish("dayi/v1/s-b/telemetry", ONE, 2, 2).await;
    assert_eq!(wire.packet().await, Some((0x50, vec![0, 2, 0x87])));
    wire.publish(TELEMETRY, ONE, 1, 3).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 3])));

    let mut wire = bench.v4("s-c").await;
    wire.publish("dayi/v1/s-b/telemetry", ONE, 1, 1).await;
    assert_eq!(wire.packet().await, None, "3.1.1 cannot refuse a message, so the connection is closed");

    assert_eq!(bench.refusals.of("s-c").unwrap().last[0].topic.as_deref(), Some("dayi/v1/s-b/telemetry"));
    assert_eq!(bench.refusals.count(Reason::TopicNotAllowed), 3);
    assert!(bench.sink.readings_of("s-b").is_empty());
}

#[tokio::test]
async fn a_topic_that_is_none_closes() {
    let bench = Bench::new();
    for version in BOTH {
        for topic in [&b"a/+"[..], b"#", b"", b"a\0b", b"\xff\xfe"] {
            let mut wire = bench.client(version, "svc").await;
            let none: &[u8] = if version == Version::V5 { &[0] } else { &[] };
            wire.send(&packet(0x30, &[&text(topic), none].concat())).await;
            wire.closed(0x90).await;
        }
    }
    assert_eq!(bench.refusals.count(Reason::InvalidTopic), 10);
}

#[tokio::test]
async fn a_bad_payload_is_counted_kept_and_acknowledged() {
    let bench = Bench::new();
    let mut wire = bench.v4("s-a").await;
    let bad: [(&[u8], Reason); 5] = [
        (b"\xff\xfe{}", Reason::Unreadable),
        (br#"{"current":"1.5"}"#, Reason::Unreadable),
        (br#"{"current":NaN}"#, Reason::Unreadable),
        (br#"{"current":1e300}"#, Reason::OutOfRange),
        (b"{}", Reason::NoCurrent),
    ];
    for (pkid, (payload, reason)) in (1..).zip(bad) {
        wire.publish(TELEMETRY, payload, 1, pkid).await;
        assert_eq!(wire.packet().await, Some((0x40, pkid.to_be_bytes().to_vec())));
        assert_eq!(bench.refusals.of("s-a").unwrap().last.back().unwrap().reason, reason);
    }
    let kept = bench.refusals.of("s-a").unwrap();
    assert_eq!(kept.last.len(), 5);
    assert_eq!(kept.last[2].payload.as_ref().and_then(|payload| payload.text()), Some(r#"{"current":NaN}"#));
    wire.publish(TELEMETRY, ONE, 1, 9).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 9])));
}

#[tokio::test]
async fn readings_of_an_instrument_nobody_runs_are_counted_and_acknowledged() {
    let bench = Bench::new();
    for (version, answer) in [(Version::V4, vec![0, 1]), (Version::V5, vec![0, 1, 0x83])] {
        let mut wire = bench.client(version, "s-unknown").await;
        wire.publish("dayi/v1/s-unknown/telemetry", ONE, 1, 1).await;
        assert_eq!(wire.packet().await, Some((0x40, answer)));
    }
    assert_eq!(bench.refusals.of("s-unknown").unwrap().counts[&Reason::UnknownInstrument], 2);
}

#[tokio::test]
async fn readings_that_could_not_be_kept_are_not_acknowledged() {
    let bench = Bench::new();
    for version in BOTH {
        let mut wire = bench.client(version, "s-stopped").await;
        wire.publish("dayi/v1/s-stopped/telemetry", ONE, 1, 1).await;
        wire.closed(0x88).await;
    }
}

#[tokio::test]
async fn a_giant_packet_is_not_waited_for() {
    let bench = Bench::with(|config| config.max_packet_bytes = 1000);
    for version in BOTH {
        let mut wire = bench.client(version, "s-a").await;
        wire.send(&[0x30, 0xff, 0xff, 0xff, 0x7f]).await;
        wire.closed(0x95).await;
    }
    assert_eq!(bench.refusals.count(Reason::TooLarge), 2);
}

#[tokio::test]
async fn a_packet_may_come_byte_by_byte() {
    let bench = Bench::new();
    let mut wire = bench.v4("s-a").await;
    for byte in wire.publish_packet(TELEMETRY, ONE, 1, 1) {
        wire.send(&[byte]).await;
    }
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 1])));
}

#[tokio::test]
async fn a_tasmota_plug_works_as_it_is() {
    let bench = Bench::new();
    let mut wire = bench.v4("plug").await;
    wire.publish("tele/lab/plug/LWT", b"Online", 0, 0).await;
    wire.publish("tasmota/discovery/AABBCC/config", b"{}", 0, 0).await;
    wire.publish("tele/lab/plug/STATE", br#"{"POWER":"ON"}"#, 0, 0).await;
    let sensor = br#"{"Time":"2023-11-15T06:13:00","ENERGY":{"Power":170,"Voltage":221,"Current":1.000}}"#;
    wire.publish("tele/lab/plug/SENSOR", sensor, 1, 1).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 1])));
    let readings = bench.sink.readings_of("plugged");
    assert_eq!((readings[0].current_a, readings[0].ts_ms), (1.0, NOW - 20_000));
    assert!(bench.refusals.counts().is_empty());
}

#[tokio::test]
async fn a_gateway_publishes_for_all_its_sensors() {
    let bench = Bench::new();
    let mut wire = bench.v4("gateway").await;
    for n in 0..20_u8 {
        wire.publish(&format!("dayi/v1/g{n}/telemetry"), ONE, 1, u16::from(n) + 1).await;
        assert_eq!(wire.packet().await, Some((0x40, vec![0, n + 1])));
        assert_eq!(bench.sink.readings_of(&format!("g{n}")).len(), 1);
    }
}
