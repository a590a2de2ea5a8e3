//! The end of the server: what is under way is handed over and acknowledged first.

use super::bench::Bench;
use super::wire::{Hello, Version, Wire};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_stop_acknowledges_what_is_under_way_and_says_goodbye() {
    let bench = Bench::new();
    bench.sink.hold();
    let mut old = bench.v4("s-a").await;
    let mut new = bench.v5("s-b").await;
    old.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 1).await;
    new.publish("dayi/v1/s-b/telemetry", br#"{"current":1}"#, 1, 2).await;
    bench.sink.started(2).await;
    bench.stop.cancel();
    bench.sink.let_go();
    assert_eq!(old.packet().await, Some((0x40, vec![0, 1])));
    old.closed(0).await;
    assert_eq!(new.packet().await, Some((0x40, vec![0, 2])));
    new.closed(0x8b).await;
    bench.running.await.unwrap();
    assert!(TcpStream::connect(bench.addr).await.is_err(), "nobody is let in any more");
}

#[tokio::test]
async fn a_stop_waits_neither_for_strangers_nor_for_ever() {
    let bench = Bench::with(|config| config.drain_timeout_ms = 20);
    bench.sink.hold();
    let mut stuck = bench.v4("s-a").await;
    stuck.publish("dayi/v1/s-a/telemetry", br#"{"current":1}"#, 1, 1).await;
    bench.sink.started(1).await;
    let mut stranger = Wire::open(bench.addr, Version::V4).await;
    stranger.send(&[0x10]).await;
    bench.stop.cancel();
    bench.running.await.unwrap();
    assert_eq!(stuck.packet().await, None, "what was not handed over is not acknowledged");
}

#[tokio::test]
async fn nobodys_will_is_spoken_because_the_server_stops() {
    let bench = Bench::new();
    let mut wire = Wire::open(bench.addr, Version::V4).await;
    wire.connect(Hello { will: Some(("dayi/v1/s-a/status", b"offline")), ..Hello::from("s-a") }).await;
    assert_eq!(wire.connack().await, 0);
    bench.stop.cancel();
    bench.running.await.unwrap();
    assert!(bench.sink.wills_by_now().is_empty());
}
