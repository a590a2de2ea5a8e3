//! What rumqttd 0.20 gets wrong of MQTT 5 without dying of it: here a client is told what it gets, and gets that.

use super::bench::Bench;
use super::wire::{Version, Wire, packet, text};
use dayi::ingest::Reason;

/// A v5 client with properties of its own in its CONNECT; returns it with its CONNACK.
async fn v5_with(bench: &Bench, id: &str, clean: bool, properties: &[u8]) -> (Wire, Vec<u8>) {
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    let length = u8::try_from(properties.len()).unwrap();
    let flags = if clean { 2 } else { 0 };
    let head = [&text(b"MQTT")[..], &[5, flags, 0, 60, length], properties].concat();
    wire.send(&packet(0x10, &[head, text(id.as_bytes())].concat())).await;
    let (first, connack) = wire.packet().await.unwrap();
    assert_eq!((first, connack[1]), (0x20, 0));
    (wire, connack)
}

#[tokio::test]
async fn a_topic_alias_that_nobody_offered_closes() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut listener = bench.v5("svc-listener").await;
    listener.subscribe(&["a/#"], 0).await;
    let mut wire = bench.v5("svc-alias").await;
    wire.send(&packet(0x30, &[&text(b"a/b")[..], &[3, 0x23, 0, 1], b"1"].concat())).await;
    wire.closed(0x94).await;
    assert_eq!(bench.refusals.of("svc-alias").unwrap().counts[&Reason::InvalidTopic], 1);
    let mut other = bench.v4("svc-other").await;
    other.publish("a/c", b"2", 0, 0).await;
    assert_eq!(listener.message().await.0, "a/c", "nothing of the refused one went on");
    innocents.still_work(&bench).await;
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
        wire.ping().await;
        assert_eq!(wire.packet().await.unwrap().0, 0xd0, "nothing comes before an acknowledgement");
        wire.puback(ended).await;
        assert_eq!(wire.message().await.1, payload);
    }
}

#[tokio::test]
async fn no_session_outlives_its_connection_and_the_client_is_told() {
    let bench = Bench::new();
    let mut other = bench.v4("svc-other").await;
    for _ in 0..2 {
        // It asks for an hour.
        let (mut wire, connack) = v5_with(&bench, "svc-away", false, &[0x11, 0, 0, 0x0e, 0x10]).await;
        assert_eq!(connack[0], 0, "no session is present");
        assert!(connack.windows(5).any(|window| window == [0x11, 0, 0, 0, 0]), "{connack:?}");
        wire.ping().await;
        assert_eq!(wire.packet().await.unwrap().0, 0xd0, "no message from before");
        assert_eq!(wire.subscribe(&["x"], 1).await, [1]);
        wire.disconnect().await;
        assert_eq!(wire.packet().await, None);
        other.publish("x", b"while away", 1, 1).await;
        assert_eq!(other.packet().await.unwrap().0, 0x40);
    }
}
