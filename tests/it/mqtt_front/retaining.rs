//! Retained messages of services; states are retained by what they are.

use super::bench::Bench;
use super::wire::{BOTH, Hello, Version, Wire, packet, text};

#[tokio::test]
async fn the_last_retained_message_greets_new_subscribers() {
    let bench = Bench::new();
    let mut other = bench.v5("svc-other").await;
    for version in BOTH {
        other.retain("plan/a", b"old").await;
        other.retain("plan/a", b"new").await;
        other.retain("plan/b", b"b").await;
        let mut wire = bench.client(version, "svc-a").await;
        wire.subscribe(&["plan/a"], 1).await;
        let (first, body) = wire.packet().await.unwrap();
        assert!(first == 0x33 && body.ends_with(b"new"), "{first:#x} {body:?}");
        wire.puback(1).await;
        other.retain("plan/a", b"newer").await;
        let (first, body) = wire.packet().await.unwrap();
        assert!(first == 0x32 && body.ends_with(b"newer"), "who listens already gets an ordinary one");
        wire.puback(2).await;
        other.retain("plan/a", b"").await;
        assert_eq!(wire.message().await.1, b"");
        wire.puback(3).await;
        wire.subscribe(&["plan/+"], 0).await;
        assert_eq!(wire.message().await, ("plan/b".into(), b"b".to_vec(), 0), "what was emptied is gone");
        wire.nothing_more().await;
    }
}

#[tokio::test]
async fn properties_are_retained() {
    let bench = Bench::new();
    let mut other = bench.v5("svc-other").await;
    let properties = [&[38][..], &text(b"k"), &text(b"v")].concat();
    let length = u8::try_from(properties.len()).unwrap();
    other.send(&packet(0x33, &[&text(b"x")[..], &[0, 1, length], &properties, b"p"].concat())).await;
    assert_eq!(other.packet().await, Some((0x40, vec![0, 1])));
    let mut wire = bench.v5("svc-a").await;
    wire.subscribe(&["x"], 0).await;
    let expected = [&text(b"x")[..], &[length], &properties, b"p"].concat();
    assert_eq!(wire.packet().await, Some((0x31, expected)));
}

#[tokio::test]
async fn when_and_how_they_come_is_the_subscribers_choice() {
    let bench = Bench::new();
    let mut other = bench.v5("svc-other").await;
    other.retain("x", b"kept").await;
    let mut wire = bench.v5("svc-a").await;
    for (options, comes) in [(0x10, true), (0x10, false), (0x20, false), (0x00, true)] {
        wire.send(&packet(0x82, &[&[0, 1, 0][..], &text(b"x"), &[options]].concat())).await;
        assert_eq!(wire.packet().await.unwrap().0, 0x90);
        if comes {
            assert_eq!(wire.packet().await.unwrap().0, 0x31);
        }
        wire.nothing_more().await;
    }
    // Retain as published.
    wire.send(&packet(0x82, &[&[0, 1, 0][..], &text(b"x"), &[0x28]].concat())).await;
    assert_eq!(wire.packet().await.unwrap().0, 0x90);
    other.say("x", b"1").await;
    assert_eq!(wire.packet().await.unwrap().0, 0x30);
    other.retain("x", b"2").await;
    assert_eq!(wire.packet().await.unwrap().0, 0x31);
}

#[tokio::test]
async fn the_store_is_bounded() {
    let bench = Bench::with(|config| config.retained_messages = 2);
    let mut other = bench.v4("svc-other").await;
    let mut listener = bench.v4("svc-listener").await;
    listener.subscribe(&["+"], 0).await;
    for topic in ["a", "b", "c"] {
        other.retain(topic, b"1").await;
        assert_eq!(listener.message().await.0, topic, "what finds no room still goes to those who listen");
    }
    let mut wire = bench.v4("svc-a").await;
    wire.subscribe(&["c"], 0).await;
    wire.nothing_more().await;
    wire.subscribe(&["b"], 0).await;
    assert_eq!(wire.message().await.0, "b");
}

#[tokio::test]
async fn a_will_may_be_retained() {
    let bench = Bench::new();
    let mut listener = bench.v4("svc-listener").await;
    listener.subscribe(&["gone"], 0).await;
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect(Hello { will: Some(("gone", b"x")), will_retain: true, ..Hello::from("svc-a") }).await;
    assert_eq!(wire.connack().await, 0);
    drop(wire);
    assert_eq!(listener.message().await.1, b"x");
    let mut late = bench.v4("svc-late").await;
    late.subscribe(&["gone"], 0).await;
    assert_eq!(late.packet().await.unwrap().0, 0x31);
}

#[tokio::test]
async fn a_sensors_messages_are_not_retained() {
    let bench = Bench::new();
    let mut sensor = bench.v4("s-a").await;
    sensor.retain("dayi/v1/s-a/telemetry", br#"{"current":1}"#).await;
    let mut wire = bench.v4("svc-a").await;
    wire.subscribe(&["dayi/v1/s-a/telemetry"], 0).await;
    wire.nothing_more().await;
}
