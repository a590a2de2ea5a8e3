//! CONNECT: who is let in, and who is answered what.

use super::bench::Bench;
use super::wire::{BOTH, Hello, Version, Wire, packet, text};
use dayi::ingest::Reason;

#[tokio::test]
async fn both_versions_are_spoken_on_one_port() {
    let bench = Bench::new();
    for version in BOTH {
        let mut wire = bench.client(version, "s-a").await;
        wire.ping().await;
        assert_eq!(wire.packet().await, Some((0xd0, vec![])));
        wire.disconnect().await;
        assert_eq!(wire.packet().await, None);
    }
}

#[tokio::test]
async fn other_versions_are_told_so() {
    let bench = Bench::new();
    for (name, level) in [(&b"MQIsdp"[..], 3), (b"MQTT", 3), (b"MQTT", 6)] {
        let mut wire = Wire::open(bench.addr, Version::V4).await;
        let body = [&text(name)[..], &[level, 2, 0, 60], &text(b"s-a")].concat();
        wire.send(&packet(0x10, &body)).await;
        assert_eq!(wire.connack().await, 1);
        assert_eq!(wire.packet().await, None);
    }
    assert_eq!(bench.refusals.count(Reason::Version), 3);
}

#[tokio::test]
async fn an_unknown_client_and_a_bad_secret_are_refused_and_counted() {
    let bench = Bench::new();
    for (version, unknown, bad) in [(Version::V4, 5, 5), (Version::V5, 0x87, 0x86)] {
        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect("nobody").await;
        assert_eq!(wire.connack().await, unknown);
        assert_eq!(wire.packet().await, None);

        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect(Hello { login: Some(("u", "wrong")), ..Hello::from("locked") }).await;
        assert_eq!(wire.connack().await, bad);

        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect(Hello { login: Some(("u", "secret")), ..Hello::from("locked") }).await;
        assert_eq!(wire.connack().await, 0);
    }
    assert_eq!(bench.refusals.of("nobody").unwrap().counts[&Reason::UnknownClient], 2);
    assert_eq!(bench.refusals.of("locked").unwrap().counts[&Reason::BadCredentials], 2);
}

#[tokio::test]
async fn a_client_without_an_id_gets_one() {
    let bench = Bench::new();
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect("").await;
    let (_, body) = wire.packet().await.unwrap();
    let assigned = body.windows(5).any(|window| window == b"auto-");
    assert!(body[1] == 0 && assigned, "{body:?}");

    let mut wire = Wire::open(bench.addr, Version::V4).await;
    let keeps_its_session = [&text(b"MQTT")[..], &[4, 0, 0, 60], &text(b"")].concat();
    wire.send(&packet(0x10, &keeps_its_session)).await;
    assert_eq!(wire.connack().await, 2);
}

#[tokio::test]
async fn a_newcomer_takes_the_session_over() {
    let bench = Bench::new();
    for version in BOTH {
        let mut old = bench.client(version, "s-a").await;
        let mut new = bench.client(version, "s-a").await;
        old.closed(0x8e).await;
        new.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 3).await;
        assert_eq!(new.packet().await, Some((0x40, vec![0, 3])));
    }
}

#[tokio::test]
async fn a_newcomer_waits_until_the_old_session_has_handed_over() {
    let bench = Bench::new();
    bench.sink.hold();
    let mut old = bench.v4("s-a").await;
    old.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 0, 0).await;
    bench.sink.started(1).await;
    let mut new = Wire::open(bench.addr, Version::V4).await;
    new.connect("s-a").await;
    let answer = new.connack();
    tokio::pin!(answer);
    assert!(futures::poll!(&mut answer).is_pending());
    bench.sink.let_go();
    assert_eq!(answer.await, 0);
    assert_eq!(bench.sink.readings_of("s-a").len(), 1);
}

#[tokio::test]
async fn a_second_connect_and_garbage_close_and_are_counted() {
    let bench = Bench::new();
    for version in BOTH {
        let mut wire = bench.client(version, "s-a").await;
        wire.connect("s-a").await;
        wire.closed(0x82).await;

        let mut wire = bench.client(version, "s-a").await;
        wire.send(b"\xff\xff\xff\xff").await;
        wire.closed(0x81).await;
    }
    assert_eq!(bench.refusals.count(Reason::Protocol), 2);
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1], &[0x10, 0xff, 0xff, 0xff, 0xff], &[0xc0, 0]] {
        let mut wire = Wire::open(bench.addr, Version::V4).await;
        wire.send(garbage).await;
        assert_eq!(wire.packet().await, None);
    }
    assert_eq!(bench.refusals.count(Reason::Garbage), 6);
    assert_eq!(bench.refusals.of("@127.0.0.1").unwrap().counts[&Reason::Garbage], 4);
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let bench = Bench::with(|config| {
        config.connect_timeout_ms = 50;
        config.idle_limit_ms = 50;
    });
    let mut never_connects = Wire::open(bench.addr, Version::V4).await;
    assert_eq!(never_connects.packet().await, None);
    assert_eq!(bench.refusals.count(Reason::ConnectTimeout), 1);

    let mut wire = Wire::open(bench.addr, Version::V4).await;
    wire.connect(Hello { keep_alive: 0, ..Hello::from("s-a") }).await;
    assert_eq!(wire.connack().await, 0);
    assert_eq!(wire.packet().await, None);
}

#[tokio::test]
async fn a_v5_client_is_told_a_keep_alive_when_it_asks_for_none_or_a_longer_one() {
    let bench = Bench::with(|config| config.max_keep_alive_s = 1);
    for keep_alive in [0, 2] {
        let mut wire = Wire::open(bench.addr, Version::V5).await;
        wire.connect(Hello { keep_alive, ..Hello::from("s-a") }).await;
        let connack = wire.whole_connack().await;
        assert!(connack.windows(3).any(|window| window == [19, 0, 1]), "{connack:?}");
        wire.closed(0x8d).await;
    }
    let mut wire = Wire::open(bench.addr, Version::V5).await;
    wire.connect(Hello { keep_alive: 1, ..Hello::from("s-a") }).await;
    let connack = wire.whole_connack().await;
    assert!(!connack.windows(3).any(|window| window == [19, 0, 1]), "{connack:?}");
}

#[tokio::test]
async fn a_maximum_of_zero_is_refused() {
    let bench = Bench::new();
    for properties in [&[0x21, 0, 0][..], &[0x27, 0, 0, 0, 0]] {
        let mut wire = Wire::open(bench.addr, Version::V5).await;
        wire.connect(Hello { properties, ..Hello::from("s-a") }).await;
        assert_eq!(wire.connack().await, 0x82);
    }
}

#[tokio::test]
async fn keep_alive_counts_what_the_client_sends_only() {
    let bench = Bench::new();
    let mut silent = Wire::open(bench.addr, Version::V5).await;
    silent.connect(Hello { keep_alive: 1, ..Hello::from("svc-silent") }).await;
    assert_eq!(silent.connack().await, 0);
    silent.subscribe(&["x"], 0).await;
    let mut busy = bench.v4("svc-busy").await;
    loop {
        busy.publish("x", b"", 1, 1).await;
        assert_eq!(busy.packet().await, Some((0x40, vec![0, 1])));
        match silent.packet().await.unwrap() {
            (0x30, _) => {}
            (first, body) => {
                assert_eq!((first, &body[..]), (0xe0, &[0x8d][..]));
                break;
            }
        }
    }
}
