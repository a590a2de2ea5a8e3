//! Strangers without credentials: let in for tests and labs only, and never to instruments.

use super::bench::{Bench, SharedSink, ports};
use super::wire::{BOTH, Hello, Version, Wire};
use dayi::ingest::{Front, FrontConfig, Reason};

#[tokio::test]
async fn a_guest_has_the_topics_that_are_nobodys() {
    let bench = Bench::with(|config| config.guests = true);
    for version in BOTH {
        let mut guest = bench.client(version, "my client").await;
        let refused: [u8; 3] = if version == Version::V5 { [0x87, 0x87, 0x80] } else { [0x80; 3] };
        let codes = guest.subscribe(&["#", "dayi/v1/+/state", "$SYS/#", "nosubscribe"], 0).await;
        assert_eq!((codes[0], &codes[1..]), (0, &refused[..]));
        guest.nothing_more().await;
        let mut sensor = bench.v4("s-a").await;
        sensor.say("dayi/v1/s-a/telemetry", br#"{"current":1}"#).await;
        bench.publisher.state(&"i1".parse().unwrap(), "on".into()).await;
        guest.nothing_more().await;
        guest.say("TopicA/B", b"hello").await;
        assert_eq!(guest.message().await.0, "TopicA/B");
        guest.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 1).await;
        match version {
            Version::V4 => assert_eq!(guest.packet().await, None),
            Version::V5 => assert_eq!(guest.packet().await, Some((0x40, vec![0, 1, 0x87]))),
        }
    }
    assert_eq!(bench.sink.readings_of("s-a").len(), 2, "the sensor's own");
}

#[tokio::test]
async fn a_guest_is_not_who_it_says_it_is() {
    let bench = Bench::with(|config| config.guests = true);
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect("locked").await;
    assert_eq!(wire.connack().await, 0x86, "who is known has to prove it");
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect(Hello { login: Some(("u", "secret")), ..Hello::from("stranger") }).await;
    assert_eq!(wire.connack().await, 0x87, "who has a name is no guest");
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect("stranger").await;
    assert_eq!(wire.connack().await, 0);
    assert_eq!(bench.refusals.count(Reason::BadCredentials), 1);
}

#[tokio::test]
async fn guests_are_let_in_on_loopback_only() {
    let elsewhere = FrontConfig { listen: ([0, 0, 0, 0], 0).into(), guests: true, ..FrontConfig::default() };
    let error = Front::bind(elsewhere, ports(&SharedSink::default())).err().unwrap().to_string();
    assert!(error.contains("loopback") && error.contains("0.0.0.0"), "{error}");
}
