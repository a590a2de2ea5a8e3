//! Last wills: spoken when a client is gone without a word, to its instrument and to whoever listens.

use super::bench::Bench;
use super::wire::{BOTH, Hello, Version, Wire};
use dayi::ingest::Reason;

async fn with_will(bench: &Bench, version: Version, id: &str) -> Wire {
    let mut wire = Wire::open(bench.addr, version).await;
    let topic = format!("dayi/v1/{id}/status");
    wire.connect(Hello { will: Some((&topic, b"offline")), ..Hello::from(id) }).await;
    assert_eq!(wire.connack().await, 0);
    wire
}

#[tokio::test]
async fn a_broken_connection_speaks_the_will() {
    let bench = Bench::new();
    let mut listener = bench.v4("svc").await;
    listener.subscribe(&["dayi/v1/+/status"], 0).await;
    for version in BOTH {
        let id = format!("s-{version:?}");
        drop(with_will(&bench, version, &id).await);
        bench.sink.last_will_of(&id).await;
        let (topic, payload, _) = listener.message().await;
        assert_eq!((topic, &payload[..]), (format!("dayi/v1/{id}/status"), &b"offline"[..]));
    }
}

#[tokio::test]
async fn a_disconnect_keeps_the_will_silent_unless_it_asks_for_it() {
    let bench = Bench::new();
    let mut polite = with_will(&bench, Version::V4, "s-polite").await;
    polite.disconnect().await;
    assert_eq!(polite.packet().await, None);
    let mut asks = with_will(&bench, Version::V5, "s-asks").await;
    asks.send(&[0xe0, 1, 4]).await;
    bench.sink.last_will_of("s-asks").await;
    assert_eq!(bench.sink.wills_by_now(), ["s-asks"]);
}

#[tokio::test]
async fn a_takeover_speaks_the_old_will_before_the_newcomer_is_let_in() {
    let bench = Bench::new();
    let _old = with_will(&bench, Version::V5, "s-a").await;
    let _new = bench.v5("s-a").await;
    assert_eq!(bench.sink.wills_by_now(), ["s-a"]);
}

#[tokio::test]
async fn a_status_message_is_as_good_as_a_will_and_keeps_its_place() {
    let bench = Bench::new();
    let mut wire = bench.v4("s-a").await;
    wire.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 0, 0).await;
    wire.publish("dayi/v1/s-a/status", b"offline", 1, 1).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 1])));
    assert_eq!(bench.sink.wills_by_now(), ["s-a"]);
    wire.publish("dayi/v1/s-a/status", b"online", 1, 2).await;
    assert_eq!(wire.packet().await, Some((0x40, vec![0, 2])));
    assert_eq!(bench.sink.wills_by_now(), ["s-a"]);
}

#[tokio::test]
async fn a_will_to_a_foreign_topic_is_refused_but_its_client_is_not() {
    let bench = Bench::new();
    for topic in ["dayi/v1/s-b/status", "", "a/#"] {
        let mut wire = Wire::open(bench.addr, Version::V4).await;
        wire.connect(Hello { will: Some((topic, b"offline")), ..Hello::from("s-a") }).await;
        assert_eq!(wire.connack().await, 0);
        wire.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 1).await;
        assert_eq!(wire.packet().await, Some((0x40, vec![0, 1])));
    }
    let _last = bench.v4("s-a").await;
    assert_eq!(bench.refusals.of("s-a").unwrap().counts[&Reason::WillNotAllowed], 3);
    assert!(bench.sink.wills_by_now().is_empty());
}

#[tokio::test]
async fn a_will_waits_as_long_as_it_says_and_is_forgotten_when_the_client_comes_back() {
    let bench = Bench::new();
    let connect = async |clean, delay_s| {
        let mut wire = Wire::open(bench.addr, Version::V5).await;
        wire.connect(Hello {
            will: Some(("dayi/v1/s-a/status", b"offline")),
            will_properties: &[0x18, 0, 0, 0, delay_s],
            properties: &[0x11, 0, 0, 0, 60],
            clean,
            ..Hello::from("s-a")
        })
        .await;
        assert_eq!(wire.connack().await, 0);
        wire
    };
    drop(connect(false, 60).await);
    connect(false, 60).await.leave().await;
    assert!(bench.sink.wills_by_now().is_empty(), "its session went on");
    drop(connect(false, 60).await);
    connect(true, 60).await.leave().await;
    assert_eq!(bench.sink.wills_by_now().len(), 1, "a clean start ends the session");
    drop(connect(true, 1).await);
    bench.sink.wills_are(2).await;
}
