//! Sessions that outlive their connection, and those that do not.

use super::bench::Bench;
use super::wire::{BOTH, Hello, Version, Wire, packet, text};

const AN_HOUR: &[u8] = &[0x11, 0, 0, 0x0e, 0x10];

fn lasting(id: &str) -> Hello<'_> {
    Hello { clean: false, properties: AN_HOUR, ..Hello::from(id) }
}

/// A client whose session is kept, and whether there was one.
async fn come(bench: &Bench, version: Version, hello: Hello<'_>) -> (Wire, bool) {
    let mut wire = Wire::open(bench.addr, version).await;
    wire.connect(hello).await;
    let resumed = wire.resumed().await;
    (wire, resumed)
}

#[tokio::test]
async fn who_is_away_finds_what_must_arrive() {
    let bench = Bench::new();
    for version in BOTH {
        let mut other = bench.v4("svc-other").await;
        let (mut wire, resumed) = come(&bench, version, lasting("svc-away")).await;
        assert!(!resumed);
        wire.subscribe(&["x/+"], 1).await;
        wire.leave().await;
        other.publish("x/0", b"not kept", 0, 0).await;
        for n in 1..=100 {
            other.say("x/1", format!("{n}").as_bytes()).await;
        }
        let (mut wire, resumed) = come(&bench, version, lasting("svc-away")).await;
        assert!(resumed);
        for n in 1..=100 {
            let (topic, payload, pkid) = wire.message().await;
            assert_eq!((topic.as_str(), payload), ("x/1", format!("{n}").into_bytes()));
            wire.puback(pkid).await;
        }
        other.say("x/2", b"still subscribed").await;
        assert_eq!(wire.message().await.1, b"still subscribed");
        drop(wire);
        let (mut wire, resumed) = come(&bench, version, Hello { clean: true, ..lasting("svc-away") }).await;
        assert!(!resumed, "a clean start forgets");
        other.say("x/1", b"nobody listens").await;
        wire.nothing_more().await;
        wire.leave().await;
        bench.client(version, "svc-away").await.leave().await;
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    let bench = Bench::new();
    for version in BOTH {
        let none: &[u8] = if version == Version::V5 { &[0] } else { &[] };
        let publish = |pkid: u8, payload: &[u8]| [&text(b"x")[..], &[0, pkid], none, payload].concat();
        let id = format!("svc-{version:?}");
        let (mut wire, _) = come(&bench, version, lasting(&id)).await;
        wire.subscribe(&["x"], 2).await;
        let mut other = bench.v4("svc-other").await;
        other.publish("x", b"one", 1, 1).await;
        other.publish("x", b"two", 2, 2).await;
        other.publish("x", b"three", 2, 3).await;
        assert_eq!(wire.packet().await, Some((0x32, publish(1, b"one"))));
        assert_eq!(wire.packet().await, Some((0x34, publish(2, b"two"))));
        assert_eq!(wire.packet().await, Some((0x34, publish(3, b"three"))));
        wire.send(&packet(0x50, &[0, 2])).await;
        assert_eq!(wire.packet().await, Some((0x62, vec![0, 2])));
        drop(wire);
        let (mut wire, resumed) = come(&bench, version, lasting(&id)).await;
        assert!(resumed);
        assert_eq!(wire.packet().await, Some((0x3a, publish(1, b"one"))), "marked as sent before");
        assert_eq!(wire.packet().await, Some((0x62, vec![0, 2])));
        assert_eq!(wire.packet().await, Some((0x3c, publish(3, b"three"))));
        wire.puback(1).await;
        wire.send(&packet(0x70, &[0, 2])).await;
        wire.send(&packet(0x50, &[0, 3])).await;
        assert_eq!(wire.packet().await, Some((0x62, vec![0, 3])));
        wire.send(&packet(0x70, &[0, 3])).await;
        wire.nothing_more().await;
        wire.leave().await;
    }
}

#[tokio::test]
async fn a_qos_2_publish_is_taken_once_over_two_connections() {
    let bench = Bench::new();
    for version in BOTH {
        let id = format!("s-{version:?}");
        let topic = format!("dayi/v1/{id}/telemetry");
        let (mut wire, _) = come(&bench, version, lasting(&id)).await;
        wire.publish(&topic, br#"{"current":1}"#, 2, 9).await;
        assert_eq!(wire.packet().await, Some((0x50, vec![0, 9])));
        drop(wire);
        let (mut wire, resumed) = come(&bench, version, lasting(&id)).await;
        assert!(resumed);
        wire.publish(&topic, br#"{"current":1}"#, 2, 9).await;
        assert_eq!(wire.packet().await, Some((0x50, vec![0, 9])));
        wire.send(&packet(0x62, &[0, 9])).await;
        assert_eq!(wire.packet().await, Some((0x70, vec![0, 9])));
        assert_eq!(bench.sink.readings_of(&id).len(), 1);
    }
}

#[tokio::test]
async fn a_newcomer_goes_on_with_the_session_it_takes_over() {
    let bench = Bench::new();
    let (mut old, _) = come(&bench, Version::V5, lasting("svc-a")).await;
    old.subscribe(&["x"], 1).await;
    let (mut new, resumed) = come(&bench, Version::V5, lasting("svc-a")).await;
    assert!(resumed);
    old.closed(0x8e).await;
    bench.v4("svc-other").await.say("x", b"1").await;
    assert_eq!(new.message().await.1, b"1");
}

#[tokio::test]
async fn a_session_is_kept_no_longer_than_configured_and_the_client_is_told() {
    let bench = Bench::with(|config| config.max_session_expiry_s = 60);
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect(lasting("svc-a")).await;
    let connack = wire.whole_connack().await;
    assert!(connack.windows(5).any(|window| window == [0x11, 0, 0, 0, 60]), "{connack:?}");
    let bench = Bench::with(|config| config.max_session_expiry_s = 0);
    for version in BOTH {
        let (wire, _) = come(&bench, version, lasting("svc-a")).await;
        wire.leave().await;
        assert!(!come(&bench, version, lasting("svc-a")).await.1);
    }
}

#[tokio::test]
async fn a_disconnect_may_say_anew_how_long_the_session_is_kept() {
    let bench = Bench::new();
    let (mut wire, _) = come(&bench, Version::V5, lasting("svc-a")).await;
    wire.send(&packet(0xe0, &[0, 5, 0x11, 0, 0, 0, 0])).await;
    assert_eq!(wire.packet().await, None);
    let (wire, resumed) = come(&bench, Version::V5, lasting("svc-a")).await;
    assert!(!resumed, "not at all");
    wire.leave().await;
    let (mut wire, resumed) = come(&bench, Version::V5, Hello { properties: &[], ..lasting("svc-a") }).await;
    assert!(resumed);
    wire.send(&packet(0xe0, &[0, 5, 0x11, 0, 0, 0, 9])).await;
    wire.closed(0x82).await;
    assert!(!come(&bench, Version::V5, lasting("svc-a")).await.1, "what was to end cannot be made to last");
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let bench = Bench::new();
    let mut listener = bench.v4("svc-listener").await;
    listener.subscribe(&["end"], 0).await;
    let hello = |will| Hello {
        clean: false,
        properties: &[0x11, 0, 0, 0, 1],
        will: Some(("end", will)),
        // An hour: the end of the session comes first.
        will_properties: &[0x18, 0, 0, 0x0e, 0x10],
        ..Hello::from("svc-a")
    };
    let (wire, _) = come(&bench, Version::V5, hello(b"first")).await;
    drop(wire);
    assert_eq!(listener.message().await.1, b"first");
    assert!(!come(&bench, Version::V5, hello(b"second")).await.1);
}

#[tokio::test]
async fn the_session_nearest_to_its_end_makes_room() {
    let bench = Bench::with(|config| config.max_sessions_kept = 2);
    for (id, minutes) in [("svc-1", 9), ("svc-2", 1), ("svc-3", 5)] {
        let hello = Hello { properties: &[0x11, 0, 0, minutes, 0], ..lasting(id) };
        come(&bench, Version::V5, hello).await.0.leave().await;
    }
    let mut kept = Vec::new();
    for id in ["svc-1", "svc-2", "svc-3"] {
        kept.push(come(&bench, Version::V5, lasting(id)).await);
    }
    assert_eq!([kept[0].1, kept[1].1, kept[2].1], [true, false, true]);
}

#[tokio::test]
async fn what_waits_for_who_is_away_is_bounded() {
    let bench = Bench::with(|config| config.queue_messages = 3);
    let (mut wire, _) = come(&bench, Version::V4, lasting("svc-a")).await;
    wire.subscribe(&["x"], 1).await;
    wire.leave().await;
    let mut other = bench.v4("svc-other").await;
    for n in 0..5_u8 {
        other.say("x", &[n]).await;
    }
    let (mut wire, _) = come(&bench, Version::V4, lasting("svc-a")).await;
    for n in 2..5 {
        assert_eq!(wire.message().await.1, [n], "the newest are kept");
    }
    wire.nothing_more().await;
}

#[tokio::test]
async fn a_message_that_has_expired_does_not_arrive() {
    let bench = Bench::new();
    let (mut wire, _) = come(&bench, Version::V5, lasting("svc-a")).await;
    wire.subscribe(&["x"], 1).await;
    wire.leave().await;
    let mut other = bench.v5("svc-other").await;
    for (seconds, payload) in [(0, b"gone"), (200, b"here")] {
        let body = [&text(b"x")[..], &[0, 1, 5, 2, 0, 0, 0, seconds], payload].concat();
        other.send(&packet(0x32, &body)).await;
        assert_eq!(other.packet().await, Some((0x40, vec![0, 1])));
    }
    let (mut wire, _) = come(&bench, Version::V5, lasting("svc-a")).await;
    let (_, body) = wire.packet().await.unwrap();
    assert!(body.ends_with(b"here") && body[6..10] == [2, 0, 0, 0], "{body:?}");
}

#[tokio::test]
async fn a_sensor_that_is_away_finds_its_commands() {
    let bench = Bench::new();
    let (mut sensor, _) = come(&bench, Version::V4, lasting("s-a")).await;
    sensor.subscribe(&["dayi/v1/s-a/command/#"], 1).await;
    sensor.leave().await;
    bench.v4("svc").await.say("dayi/v1/s-a/command/reboot", b"now").await;
    let (mut sensor, resumed) = come(&bench, Version::V4, lasting("s-a")).await;
    assert!(resumed);
    assert_eq!(sensor.message().await.1, b"now");
}
