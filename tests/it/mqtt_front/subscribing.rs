//! SUBSCRIBE: states, commands, and messages between clients.

use super::bench::Bench;
use super::wire::{BOTH, Version, packet, text};
use dayi::ingest::Reason;
use std::collections::HashSet;

#[tokio::test]
async fn a_message_reaches_subscribers_of_both_versions_at_the_lower_qos() {
    let bench = Bench::new();
    for (version, granted) in [(Version::V4, 0), (Version::V4, 1), (Version::V5, 0), (Version::V5, 1), (Version::V5, 2)]
    {
        let mut subscriber = bench.client(version, "svc-sub").await;
        assert_eq!(subscriber.subscribe(&["a/+", "bad/#/filter"], granted).await[0], granted);
        for qos in [0, 1] {
            let mut publisher = bench.v5("svc-pub").await;
            publisher.publish("a/b", b"hello", qos, 1).await;
            let (topic, payload, pkid) = subscriber.message().await;
            assert_eq!((topic.as_str(), &payload[..]), ("a/b", &b"hello"[..]));
            assert_eq!(pkid > 0, qos.min(granted) > 0, "{version:?} {granted} {qos}");
            if pkid > 0 {
                subscriber.puback(pkid).await;
            }
        }
    }
}

#[tokio::test]
async fn filters_are_checked_one_by_one() {
    let bench = Bench::with(|config| config.max_subscriptions = 3);
    let filters = ["dayi/v1/+/state", "dayi/v1/a/state", "#", "dayi/v1/+/telemetry", "a#", "$share/g/dayi/v1/+/state"];
    let mut wire = bench.v4("reader").await;
    assert_eq!(wire.subscribe(&filters, 0).await, [0, 0, 0x80, 0x80, 0x80, 0]);
    let mut wire = bench.v5("reader").await;
    assert_eq!(wire.subscribe(&filters, 0).await, [0, 0, 0x87, 0x87, 0x8f, 0]);
    let mut wire = bench.v5("svc").await;
    assert_eq!(wire.subscribe(&["a", "b", "c", "d"], 0).await, [0, 0, 0, 0x97]);
    let mut wire = bench.v5("s-a").await;
    assert_eq!(wire.subscribe(&["dayi/v1/s-a/command/#", "dayi/v1/+/state"], 1).await, [1, 0x87]);
    assert_eq!(bench.refusals.count(Reason::FilterNotAllowed), 5);
    assert_eq!(bench.refusals.count(Reason::InvalidFilter), 2);
    assert_eq!(bench.refusals.count(Reason::TooManyFilters), 1);
}

#[tokio::test]
async fn every_present_state_is_sent_retained() {
    let bench = Bench::new();
    for version in BOTH {
        for qos in [0, 1] {
            let mut wire = bench.client(version, "reader").await;
            wire.subscribe(&["dayi/v1/+/state"], qos).await;
            let mut states = HashSet::new();
            for _ in 0..1000 {
                let (topic, payload, pkid) = wire.message().await;
                if pkid > 0 {
                    wire.puback(pkid).await;
                }
                let n = topic.strip_prefix("dayi/v1/i").unwrap().strip_suffix("/state").unwrap().to_owned();
                assert_eq!(payload, format!("state of {n}").as_bytes());
                states.insert(n);
            }
            assert_eq!(states.len(), 1000);
        }
    }
    let mut wire = bench.v4("reader").await;
    wire.subscribe(&["dayi/v1/i7/state"], 0).await;
    assert_eq!(wire.packet().await.unwrap().0, 0x31, "marked as retained");
    wire.ping().await;
    assert_eq!(wire.packet().await.unwrap().0, 0xd0, "and no other");
}

#[tokio::test]
async fn a_change_of_state_reaches_subscribers() {
    let bench = Bench::new();
    bench.publisher.state(&"i1".parse().unwrap(), "nobody listens".into()).await;
    let mut wire = bench.v5("reader").await;
    let body = [&[0, 1, 0][..], &text(b"dayi/v1/+/state"), &[0x21]].concat();
    wire.send(&packet(0x82, &body)).await;
    assert_eq!(wire.packet().await.unwrap().0, 0x90);
    bench.publisher.state(&"i1".parse().unwrap(), "on".into()).await;
    bench.publisher.alert(&"i1".parse().unwrap(), "not subscribed".into()).await;
    bench.publisher.state(&"i2".parse().unwrap(), "off".into()).await;
    for (instrument, state) in [("i1", "on"), ("i2", "off")] {
        let (topic, payload, pkid) = wire.message().await;
        assert_eq!((topic, payload), (format!("dayi/v1/{instrument}/state"), state.into()));
        assert!(pkid > 0);
    }
}

#[tokio::test]
async fn a_command_reaches_its_sensor_only() {
    let bench = Bench::new();
    let mut a = bench.v4("s-a").await;
    let mut plug = bench.v5("plug").await;
    assert_eq!(a.subscribe(&["dayi/v1/s-a/command/#"], 1).await, [1]);
    assert_eq!(plug.subscribe(&["cmnd/lab/plug/#"], 0).await, [0]);
    let mut service = bench.v5("svc").await;
    service.publish("dayi/v1/s-a/command/reboot", b"now", 1, 1).await;
    service.publish("cmnd/lab/plug/POWER", b"OFF", 1, 2).await;
    let (topic, payload, pkid) = a.message().await;
    assert_eq!((topic.as_str(), &payload[..]), ("dayi/v1/s-a/command/reboot", &b"now"[..]));
    a.puback(pkid).await;
    assert_eq!(plug.message().await, ("cmnd/lab/plug/POWER".into(), b"OFF".to_vec(), 0));
    a.ping().await;
    assert_eq!(a.packet().await.unwrap().0, 0xd0, "nothing else came");
}

#[tokio::test]
async fn a_sensors_readings_can_be_listened_to() {
    let bench = Bench::new();
    let mut listener = bench.v4("svc").await;
    listener.subscribe(&["dayi/v1/+/telemetry"], 0).await;
    let mut sensor = bench.v4("s-a").await;
    sensor.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 1).await;
    assert_eq!(listener.message().await, ("dayi/v1/s-a/telemetry".into(), br#"{"current":1}"#.to_vec(), 0));
}

#[tokio::test]
async fn after_an_unsubscribe_nothing_comes() {
    let bench = Bench::new();
    for (version, answer) in [(Version::V4, vec![0, 2]), (Version::V5, vec![0, 2, 0, 0, 0x11])] {
        let mut wire = bench.client(version, "svc-a").await;
        wire.subscribe(&["x", "y"], 0).await;
        let none: &[u8] = if version == Version::V5 { &[0] } else { &[] };
        let body = [&[0, 2][..], none, &text(b"x"), &text(b"never")].concat();
        wire.send(&packet(0xa2, &body)).await;
        assert_eq!(wire.packet().await, Some((0xb0, answer)));
        let mut other = bench.client(version, "svc-b").await;
        other.publish("x", b"1", 0, 0).await;
        other.publish("y", b"2", 0, 0).await;
        assert_eq!(wire.message().await.0, "y");
        wire.subscribe(&["x"], 0).await;
        other.publish("x", b"3", 0, 0).await;
        assert_eq!(wire.message().await.1, b"3");
    }
}

#[tokio::test]
async fn v5_options_are_kept() {
    let bench = Bench::new();
    let mut wire = bench.v5("svc-a").await;
    // Subscription id 300, no local.
    let body = [&[0, 1, 3, 0x0b, 0xac, 0x02][..], &text(b"x"), &[0x04]].concat();
    wire.send(&packet(0x82, &body)).await;
    assert_eq!(wire.packet().await, Some((0x90, vec![0, 1, 0, 0])));
    wire.publish("x", b"own", 0, 0).await;
    let mut other = bench.v5("svc-b").await;
    // Content type "j" and a user property travel along.
    let properties = [&[3][..], &text(b"j"), &[38], &text(b"k"), &text(b"v")].concat();
    let length = u8::try_from(properties.len()).unwrap();
    other.send(&packet(0x30, &[&text(b"x"), &[length][..], &properties, b"other"].concat())).await;
    let (_, body) = wire.packet().await.unwrap();
    let expected = [&text(b"x"), &[length + 3][..], &properties, &[0x0b, 0xac, 0x02], b"other"].concat();
    assert_eq!(body, expected);
}

#[tokio::test]
async fn qos_2_reaches_a_subscriber_once() {
    let bench = Bench::new();
    let mut wire = bench.v4("svc-a").await;
    wire.subscribe(&["x"], 2).await;
    let mut other = bench.v4("svc-b").await;
    other.publish("x", b"p", 2, 1).await;
    assert_eq!(wire.packet().await, Some((0x34, b"\x00\x01x\x00\x01p".to_vec())));
    wire.send(&packet(0x50, &[0, 1])).await;
    assert_eq!(wire.packet().await, Some((0x62, vec![0, 1])));
    wire.send(&packet(0x70, &[0, 1])).await;
    other.publish("x", b"q", 2, 2).await;
    assert_eq!(wire.packet().await, Some((0x34, b"\x00\x01x\x00\x02q".to_vec())));
}
