//! What rumqttd 0.20 gets wrong of MQTT 5 without dying of it: here a client is told what it gets, and gets that.

use super::bench::Bench;
use super::wire::{Hello, Version, Wire, packet, text};
use dayi::ingest::Reason;

/// A v5 client with properties of its own in its CONNECT; returns it with its CONNACK.
async fn v5_with(bench: &Bench, id: &str, clean: bool, properties: &[u8]) -> (Wire, Vec<u8>) {
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect(Hello { clean, properties, ..Hello::from(id) }).await;
    let connack = wire.whole_connack().await;
    assert_eq!(connack[1], 0);
    (wire, connack)
}

/// A PUBLISH at QoS 0 with an alias.
fn aliased(topic: &[u8], alias: u8, payload: &[u8]) -> Vec<u8> {
    packet(0x30, &[&text(topic)[..], &[3, 0x23, 0, alias], payload].concat())
}

#[tokio::test]
async fn an_alias_stands_for_its_topic_as_long_as_the_connection() {
    let bench = Bench::new();
    let mut listener = bench.v5("svc-listener").await;
    listener.subscribe(&["a/#"], 0).await;
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect("svc-alias").await;
    let connack = wire.whole_connack().await;
    assert!(connack.windows(3).any(|window| window == [34, 0, 16]), "{connack:?}");
    for (topic, alias, payload) in [(&b"a/b"[..], 1, b"1"), (b"", 1, b"2"), (b"a/c", 1, b"3"), (b"", 1, b"4")] {
        wire.send(&aliased(topic, alias, payload)).await;
    }
    for (topic, payload) in [("a/b", b"1"), ("a/b", b"2"), ("a/c", b"3"), ("a/c", b"4")] {
        assert_eq!(listener.message().await, (topic.into(), payload.to_vec(), 0));
    }
    wire.leave().await;
    let mut wire = bench.v5("svc-alias").await;
    wire.send(&aliased(b"", 1, b"5")).await;
    wire.closed(0x82).await;
}

#[tokio::test]
async fn an_alias_that_nobody_offered_closes() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut listener = bench.v5("svc-listener").await;
    listener.subscribe(&["a/#"], 0).await;
    for alias in [0, 17] {
        let mut wire = bench.v5("svc-alias").await;
        wire.send(&aliased(b"a/b", alias, b"1")).await;
        wire.closed(0x94).await;
    }
    assert_eq!(bench.refusals.of("svc-alias").unwrap().counts[&Reason::InvalidTopic], 2);
    let mut other = bench.v4("svc-other").await;
    other.publish("a/c", b"2", 0, 0).await;
    assert_eq!(listener.message().await.0, "a/c", "nothing of the refused ones went on");
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_client_that_takes_aliases_gets_them() {
    let bench = Bench::new();
    let (mut wire, _) = v5_with(&bench, "svc-one", true, &[0x22, 0, 1]).await;
    wire.subscribe(&["+"], 0).await;
    let mut other = bench.v4("svc-other").await;
    for (topic, payload) in [("x", b"1"), ("x", b"2"), ("y", b"3")] {
        other.publish(topic, payload, 0, 0).await;
    }
    assert_eq!(wire.packet().await, Some((0x30, b"\x00\x01x\x03\x23\x00\x011".to_vec())));
    assert_eq!(wire.packet().await, Some((0x30, b"\x00\x00\x03\x23\x00\x012".to_vec())));
    assert_eq!(wire.packet().await, Some((0x30, b"\x00\x01y\x003".to_vec())), "it takes one only");
}

#[tokio::test]
async fn a_client_gets_no_larger_packet_than_it_takes() {
    let bench = Bench::new();
    let (mut wire, _) = v5_with(&bench, "svc-small", true, &[0x27, 0, 0, 0, 20]).await;
    wire.subscribe(&["x"], 1).await;
    let mut other = bench.v4("svc-other").await;
    other.say("x", &[b'x'; 20]).await;
    other.say("x", b"small").await;
    assert_eq!(wire.message().await.1, b"small");
}

#[tokio::test]
async fn a_subscriber_gets_no_more_at_a_time_than_it_takes() {
    let bench = Bench::new();
    let (mut wire, _) = v5_with(&bench, "svc-two", true, &[0x21, 0, 2]).await;
    wire.subscribe(&["x"], 1).await;
    let mut other = bench.v4("svc-other").await;
    for pkid in 1..=5 {
        other.publish("x", &pkid.to_string().into_bytes(), 1, pkid).await;
        assert_eq!(other.packet().await.unwrap().0, 0x40);
    }
    let (_, _, first) = wire.message().await;
    let (_, _, second) = wire.message().await;
    for (ended, payload) in [(first, b"3"), (second, b"4")] {
        wire.nothing_more().await;
        wire.puback(ended).await;
        assert_eq!(wire.message().await.1, payload);
    }
}
