//! What kills or stops rumqttd 0.20 behind its own listeners. Here each costs at most the one who does it: everybody
//! else is served as before.

use super::bench::Bench;
use super::wire::{BOTH, Hello, Version, Wire, packet, text};
use dayi::ingest::Reason;
use tokio::io::AsyncWriteExt;

/// Closes with a RST.
fn reset(wire: Wire) {
    #[expect(deprecated, reason = "a linger of zero is what makes the close a reset, and it does not wait")]
    wire.stream.set_linger(Some(std::time::Duration::ZERO)).unwrap();
}

#[tokio::test]
async fn a_topic_or_a_will_that_starts_with_a_multi_byte_character() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut listener = bench.v4("svc-listener").await;
    listener.subscribe(&["电/#"], 0).await;
    for version in BOTH {
        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect(Hello { will: Some(("电/遗嘱", b"gone")), ..Hello::from("svc-a") }).await;
        assert_eq!(wire.connack().await, 0);
        wire.publish("电/流", b"1", 0, 0).await;
        assert_eq!(listener.message().await.0, "电/流");
        drop(wire);
        assert_eq!(listener.message().await.0, "电/遗嘱");
    }
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_persistent_shared_subscription_that_drops_without_acknowledging() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    for version in BOTH {
        let hello = || Hello { clean: false, properties: &[0x11, 0, 0, 0, 60], ..Hello::from("svc-shared") };
        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect(hello()).await;
        assert!(!wire.resumed().await);
        assert_eq!(wire.subscribe(&["$share/g/x"], 1).await, [1]);
        let mut other = bench.v4("svc-b").await;
        other.say("x", b"1").await;
        assert!(wire.message().await.2 > 0);
        reset(wire);
        innocents.still_work(&bench).await;
        let mut wire = Wire::open(bench.addr, version).await;
        wire.connect(hello()).await;
        assert!(wire.resumed().await);
        assert_eq!(wire.message().await.1, b"1", "it was not acknowledged");
        wire.stream.shutdown().await.unwrap();
        let mut clean = bench.client(version, "svc-shared").await;
        clean.nothing_more().await;
    }
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_slow_subscriber_that_is_taken_over_while_its_old_socket_drains() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut slow = bench.v4("svc-slow").await;
    slow.subscribe(&["big/#"], 0).await;
    let mut flood = bench.v4("svc-flood").await;
    let payload = vec![b'x'; 64 * 1024];
    for pkid in 1..=400 {
        flood.publish("big/x", &payload, 1, pkid).await;
        assert_eq!(flood.packet().await.unwrap().0, 0x40);
    }
    let mut new = bench.v4("svc-slow").await;
    new.subscribe(&["big/#"], 0).await;
    while slow.packet().await.is_some() {}
    flood.publish("big/y", b"after", 0, 0).await;
    assert_eq!(new.message().await, ("big/y".into(), b"after".to_vec(), 0));
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_slow_subscriber_learns_that_messages_were_dropped() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut slow = bench.v4("svc-slow").await;
    slow.subscribe(&["big/#"], 0).await;
    let mut flood = bench.v4("svc-flood").await;
    let payload = vec![b'x'; 128 * 1024];
    for pkid in 1..=1000 {
        flood.publish("big/x", &payload, 1, pkid).await;
        assert_eq!(flood.packet().await.unwrap().0, 0x40);
    }
    flood.publish("big/last", b"", 1, 1).await;
    let mut received = 0;
    while slow.message().await.0 != "big/last" {
        received += 1;
    }
    assert!(received < 1000);
    assert!(bench.refusals.of("svc-slow").unwrap().counts[&Reason::SlowSubscriber] > 0);
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_subscriber_of_everything_that_does_not_read_holds_no_sensor_up() {
    let bench = Bench::with(|config| config.queue_messages = 100);
    let mut slow = bench.v4("svc-slow").await;
    slow.subscribe(&["dayi/v1/#"], 0).await;
    let mut sensor = bench.v4("s-a").await;
    let payload = format!(r#"{{"current":1{}}}"#, " ".repeat(4_000));
    for _ in 0..4_000 {
        sensor.say("dayi/v1/s-a/telemetry", payload.as_bytes()).await;
    }
    assert_eq!(bench.sink.readings_of("s-a").len(), 4_000);
    // It gets the states of its subscription, what still waits for it, and then the states anew.
    let (mut telemetry, mut states) = (0, 0);
    while states < 2_000 {
        let (topic, ..) = slow.message().await;
        *(if topic.ends_with("/state") { &mut states } else { &mut telemetry }) += 1;
    }
    assert!((100..4_000).contains(&telemetry), "{telemetry}");
    assert!(bench.refusals.of("svc-slow").unwrap().counts[&Reason::SlowSubscriber] > 0);
    slow.nothing_more().await;
}

#[tokio::test]
async fn a_connect_that_is_reset_before_its_connack() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    for _ in 0..20 {
        let mut wire = Wire::open(bench.addr, Version::V4).await;
        wire.connect("s-a").await;
        reset(wire);
    }
    let mut wire = bench.v4("s-a").await;
    wire.ping().await;
    assert_eq!(wire.packet().await, Some((0xd0, vec![])));
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_client_that_comes_again_while_the_server_is_full() {
    let bench = Bench::with(|config| config.max_connections = 4);
    let mut innocents = bench.innocents().await;
    let _third = bench.v4("s-third").await;
    let mut fourth = bench.v4("s-fourth").await;
    for (version, code) in [(Version::V4, 3), (Version::V5, 0x89)] {
        for _ in 0..5 {
            let mut wire = Wire::open(bench.addr, version).await;
            wire.connect("s-fifth").await;
            assert_eq!(wire.connack().await, code);
        }
    }
    let mut again = bench.v4("s-fourth").await;
    assert_eq!(fourth.packet().await, None, "who replaces itself needs no more room");
    again.disconnect().await;
    assert_eq!(again.packet().await, None);
    assert_eq!(bench.refusals.count(Reason::TooManyConnections), 10);
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_client_id_with_a_slash_twice() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    for version in BOTH {
        let mut first = bench.client(version, "svc/a+b#").await;
        assert_eq!(first.subscribe(&["x"], 0).await, [0]);
        let mut second = bench.client(version, "svc/a+b#").await;
        assert_eq!(second.subscribe(&["x"], 0).await, [0]);
        first.closed(0x8e).await;
    }
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_packet_only_servers_send() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    for version in BOTH {
        for bytes in
            [&[0x20, 3, 0, 0, 0][..], &[0xb0, 4, 0, 1, 0, 0], &[0x90, 3, 0, 1, 0], &[0xd0, 0], &[0xf0, 2, 0, 0]]
        {
            let mut wire = bench.client(version, "svc-a").await;
            wire.send(bytes).await;
            wire.closed(0x81).await;
        }
    }
    assert_eq!(bench.refusals.count(Reason::Garbage), 10);
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_v5_property_on_its_way_to_a_v4_subscriber() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut old = bench.v4("svc-old").await;
    old.subscribe(&["x"], 1).await;
    let mut new = bench.v5("svc-new").await;
    let properties = [&[1, 1, 3][..], &text(b"text/plain"), &[38], &text(b"k"), &text(b"v")].concat();
    let length = u8::try_from(properties.len()).unwrap();
    new.send(&packet(0x32, &[&text(b"x"), &[0, 1, length][..], &properties, b"hello"].concat())).await;
    assert_eq!(old.message().await, ("x".into(), b"hello".to_vec(), 1));
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_peer_that_connects_and_says_nothing() {
    let bench = Bench::new();
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(Wire::open(bench.addr, Version::V4).await);
    }
    let mut half = Wire::open(bench.addr, Version::V4).await;
    half.send(&[0x10, 0x20, 0]).await;
    let mut innocents = bench.innocents().await;
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn clients_that_disconnect_and_close_at_once() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    for round in 0..4 {
        let mut leaving = Vec::new();
        for n in 0..16 {
            let mut wire = bench.v4(&format!("svc-{n}")).await;
            wire.subscribe(&["x"], 1).await;
            leaving.push(wire);
        }
        for mut wire in leaving {
            wire.disconnect().await;
            wire.stream.shutdown().await.unwrap();
            if round % 2 == 0 {
                assert_eq!(wire.packet().await, None);
            }
        }
        innocents.still_work(&bench).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_devices_that_each_subscribe_to_their_own_topic() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut devices = Vec::new();
    for n in 0..2000 {
        let mut wire = bench.v4(&format!("s-{n}")).await;
        assert_eq!(wire.subscribe(&[&format!("dayi/v1/s-{n}/command/#")], 0).await, [0]);
        devices.push(wire);
    }
    let mut service = bench.v4("svc").await;
    for n in 0..2000 {
        service.publish(&format!("dayi/v1/s-{n}/command/x"), b"", 0, 0).await;
    }
    for (n, device) in devices.iter_mut().enumerate() {
        assert_eq!(device.message().await.0, format!("dayi/v1/s-{n}/command/x"));
    }
    innocents.still_work(&bench).await;
}

#[tokio::test]
async fn a_client_that_flaps() {
    let bench = Bench::new();
    let mut innocents = bench.innocents().await;
    let mut wires = Vec::new();
    for _ in 0..50 {
        let mut wire = Wire::open(bench.addr, Version::V5).await;
        wire.connect("s-flapping").await;
        wires.push(wire);
    }
    // All but the last to get the lease are let in, or not, and then told that another came.
    let mut served = 0;
    for mut wire in wires {
        wire.ping().await;
        if wire.connack().await == 0 && wire.packet().await.unwrap().0 == 0xd0 {
            served += 1;
        }
    }
    assert!(served >= 1);
    innocents.still_work(&bench).await;
}
