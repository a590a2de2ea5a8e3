use super::*;
use crate::fleet::Fleet;
use crate::mqtt::Secret;
use crate::mqtt::fake_server::FakeServer;
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet, Publish};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// 2025-06-11, a Wednesday, 10:00 in Shanghai: where the tests' time of day begins.
const MORNING_MS: i64 = 1_749_607_200_000;

fn device(number: usize, dialect: Dialect) -> Device {
    let instrument = Fleet::generate(1, number + 1).instruments.remove(number);
    let (client_id, token) = (instrument.id.clone(), Secret::new("token"));
    Device { client_id, token, dialect, instrument }
}

/// A sensor that is never lost.
fn steady(dialect: Dialect) -> Device {
    let mut device = device(0, dialect);
    device.instrument.profile.losses_per_day = 0.0;
    device
}

/// A fleet whose time of day follows the tests' paused time.
fn simulation(config: SimulatorConfig, devices: Vec<Device>) -> Simulation {
    let begun = Instant::now();
    Simulation::start_at(config, devices, move || MORNING_MS + begun.elapsed().as_millis() as i64).unwrap()
}

/// A fleet that runs until the sender is used or dropped.
fn start(server: SocketAddr, devices: Vec<Device>) -> (oneshot::Sender<()>, JoinHandle<Totals>) {
    let (stop, stopped) = oneshot::channel();
    let simulation = simulation(SimulatorConfig::new(server), devices);
    let running = tokio::spawn(async move {
        let _ = stopped.await;
        simulation.stop().await
    });
    (stop, running)
}

fn json(publish: &Publish) -> Value {
    serde_json::from_slice(&publish.payload).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sensor_reports_every_second_and_leaves_with_all_acknowledged() {
    let (server, address) = FakeServer::start().await;
    let (stop, running) = start(address, vec![steady(Dialect::Dayi)]);
    let (mut peer, connect) = server.accept().await;
    assert_eq!(connect.last_will.unwrap().topic, "dayi/v1/i00001/status");
    let mut readings = Vec::new();
    for _ in 0..5 {
        let publish = peer.publish().await;
        assert_eq!(publish.topic, "dayi/v1/i00001/telemetry");
        readings.push(json(&publish));
        peer.acknowledge(publish.pkid).await;
    }
    let number = |reading: &Value, key: &str| reading[key].as_i64().unwrap();
    for (before, after) in readings.iter().zip(&readings[1..]) {
        assert_eq!(number(after, "ts") - number(before, "ts"), 1_000);
        assert_eq!(number(after, "seq") - number(before, "seq"), 1);
    }
    // One that has no acknowledgement yet when the fleet stops.
    let last = peer.publish().await;
    stop.send(()).unwrap();
    peer.acknowledge(last.pkid).await;
    let (rest, goodbye) = peer.acknowledge_all().await;
    assert!(goodbye);
    let totals = running.await.unwrap();
    assert_eq!((totals.devices, totals.connects, totals.missed), (1, 1, 0));
    assert_eq!((totals.published, totals.acknowledged), (6 + rest.len() as u64, 6 + rest.len() as u64));
}

#[tokio::test(start_paused = true)]
async fn a_plug_speaks_tasmota() {
    let (server, address) = FakeServer::start().await;
    let (_stop, _running) = start(address, vec![steady(Dialect::Tasmota)]);
    let (mut peer, connect) = server.accept().await;
    assert_eq!(connect.last_will.unwrap().topic, "tele/i00001/LWT");
    let publish = peer.publish().await;
    assert_eq!(publish.topic, "tele/i00001/SENSOR");
    assert!(json(&publish)["ENERGY"]["Current"].is_number());
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_made_again_and_what_was_not_acknowledged_comes_again() {
    let (server, address) = FakeServer::start().await;
    let (stop, running) = start(address, vec![steady(Dialect::Dayi)]);
    let (mut peer, _) = server.accept().await;
    let lost = peer.publish().await;
    drop(peer);
    let (mut peer, _) = server.accept().await;
    let again = peer.publish().await;
    assert_eq!((again.dup, &again.payload), (true, &lost.payload));
    peer.acknowledge(again.pkid).await;
    stop.send(()).unwrap();
    peer.acknowledge_all().await;
    let totals = running.await.unwrap();
    assert_eq!((totals.connects, totals.lost_connections), (2, 1));
    assert_eq!((totals.published, totals.unacknowledged), (totals.acknowledged, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_sensor_gives_up_and_is_counted() {
    let (server, address) = FakeServer::start().await;
    let simulation = simulation(SimulatorConfig::new(address), vec![steady(Dialect::Dayi)]);
    server.answer(ConnectReturnCode::BadUserNamePassword).await;
    // An hour, in which it would have tried again.
    sleep(Duration::from_secs(3_600)).await;
    let totals = simulation.stop().await;
    assert_eq!((totals.refused, totals.connects, totals.failed_connects, totals.made), (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_ready_is_tried_again() {
    let (server, address) = FakeServer::start().await;
    let simulation = simulation(SimulatorConfig::new(address), vec![steady(Dialect::Dayi)]);
    server.answer(ConnectReturnCode::ServiceUnavailable).await;
    let (mut peer, _) = server.accept().await;
    peer.publish().await;
    let totals = simulation.totals();
    assert_eq!((totals.failed_connects, totals.connects, totals.refused), (1, 1, 0));
    assert_eq!((totals.connected, totals.connected_ever, totals.unacknowledged), (1, 1, 1));
    assert!(totals.missed >= 1 && totals.made == totals.published + totals.missed, "{totals:?}");
}

/// Takes every connection and reports what is published; acknowledges it, or forgets every third.
async fn serve(server: FakeServer, published: mpsc::UnboundedSender<Publish>, forgetful: bool) {
    let mut connections = JoinSet::new();
    loop {
        let (mut peer, _) = server.accept().await;
        let published = published.clone();
        connections.spawn(async move {
            let mut numbers = 1..;
            while let (Some(number), Some(Packet::Publish(publish))) = (numbers.next(), peer.read().await) {
                if !forgetful || number % 3 != 0 {
                    peer.acknowledge(publish.pkid).await;
                }
                published.send(publish).unwrap();
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_and_comes_back_gets_every_published_reading() {
    let (server, address) = FakeServer::start().await;
    let mut devices: Vec<Device> = (0..3).map(|number| device(number, Dialect::Dayi)).collect();
    for device in &mut devices {
        device.instrument.profile.losses_per_day = 0.0;
    }
    let (stop, running) = start(address, devices);
    let (publishes, mut published) = mpsc::unbounded_channel();
    let mut received = BTreeSet::new();
    let mut receive = |publish: Publish| received.insert((publish.topic, publish.payload));

    let first_life = tokio::spawn(serve(server, publishes.clone(), true));
    for _ in 0..24 {
        receive(published.recv().await.unwrap());
    }
    first_life.abort();
    assert!(first_life.await.unwrap_err().is_cancelled());
    sleep(Duration::from_secs(5)).await;

    let second_life = tokio::spawn(serve(FakeServer::start_at(address).await, publishes, false));
    for _ in 0..60 {
        receive(published.recv().await.unwrap());
    }
    stop.send(()).unwrap();
    let totals = running.await.unwrap();
    second_life.abort();
    while let Some(publish) = published.recv().await {
        receive(publish);
    }
    assert_eq!(received.len() as u64, totals.published);
    assert_eq!((totals.acknowledged, totals.unacknowledged), (totals.published, 0));
    assert!(totals.missed > 0 && totals.failed_connects > 0, "it was away: {totals:?}");
    assert_eq!((totals.connected, totals.connected_ever, totals.connects, totals.lost_connections), (3, 3, 6, 3));
}

/// Plays a sensor that is lost all the time but for minutes, until both kinds of loss were seen: a connection that
/// stays and pings, and one that breaks without goodbye.
#[tokio::test(start_paused = true)]
async fn a_lost_sensor_is_silent_or_drops_its_connection() {
    let (server, address) = FakeServer::start().await;
    let mut device = steady(Dialect::Dayi);
    device.instrument.profile.losses_per_day = 300.0;
    device.instrument.profile.loss_min = 4.0;
    let simulation = simulation(SimulatorConfig::new(address), vec![device]);
    let mut seen = BTreeSet::new();
    let mut connections = 0;
    while seen.len() < 2 {
        let (mut peer, _) = server.accept().await;
        connections += 1;
        loop {
            match peer.read().await {
                Some(Packet::Publish(publish)) => peer.acknowledge(publish.pkid).await,
                // A sensor that reports every second never needs to ping: it is silent.
                Some(Packet::PingReq) => {
                    seen.insert("silent");
                    peer.send(&Packet::PingResp).await;
                }
                None => {
                    seen.insert("dropped");
                    break;
                }
                Some(other) => panic!("unexpected {other:?}"),
            }
        }
    }
    let totals = simulation.totals();
    assert_eq!((totals.connects, totals.lost_connections), (connections, 0), "the server ended none of them");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_plays_the_same_readings_and_another_one_others() {
    let (server, address) = FakeServer::start().await;
    let mut played = Vec::new();
    for seed in [1, 1, 2] {
        let config = SimulatorConfig { seed, activity: 1.0, ..SimulatorConfig::new(address) };
        let _simulation = simulation(config, vec![steady(Dialect::Dayi)]);
        let (mut peer, _) = server.accept().await;
        let mut readings = Vec::new();
        for _ in 0..100 {
            let publish = peer.publish().await;
            peer.acknowledge(publish.pkid).await;
            readings.push(publish.payload);
        }
        played.push(readings);
    }
    assert_eq!(played[0], played[1]);
    assert_ne!(played[0], played[2]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_server_that_does_not_answer() {
    let (server, address) = FakeServer::start().await;
    let (stop, running) = start(address, vec![steady(Dialect::Dayi)]);
    let _stream = server.ignore().await;
    stop.send(()).unwrap();
    let totals = running.await.unwrap();
    assert_eq!((totals.connects, totals.published, totals.unacknowledged), (0, 0, 0));

    let (stop, running) = start(address, vec![steady(Dialect::Dayi)]);
    let (mut peer, _) = server.accept().await;
    peer.publish().await;
    stop.send(()).unwrap();
    // It waits for the acknowledgement in vain and says goodbye all the same.
    assert_eq!(peer.read().await, Some(Packet::Disconnect));
    let totals = running.await.unwrap();
    assert_eq!((totals.published, totals.acknowledged, totals.unacknowledged), (1, 0, 1));
}

#[tokio::test]
async fn devices_are_read_back_as_they_were_written() {
    let devices = vec![device(0, Dialect::Dayi), device(1, Dialect::Tasmota)];
    let lines: String = devices.iter().map(|device| serde_json::to_string(device).unwrap() + "\n").collect();
    let text = lines + "rest";
    let mut input = text.as_bytes();
    assert_eq!(read_devices(&mut input, 2).await.unwrap(), devices);
    assert_eq!(input, b"rest");
}

#[tokio::test]
async fn a_missing_or_broken_device_is_named() {
    let line = serde_json::to_string(&device(0, Dialect::Dayi)).unwrap() + "\n";
    let error = read_devices(&mut line.as_bytes(), 2).await.unwrap_err().to_string();
    assert_eq!(error, "the input ended after 1 of 2 devices");
    let error = read_devices(&mut (line + "{}\n").as_bytes(), 2).await.unwrap_err().to_string();
    assert!(error.starts_with("device 2 cannot be read"), "{error}");
    let error = read_devices(&mut &b"\xff\n"[..], 1).await.unwrap_err().to_string();
    assert!(error.starts_with("device 1: the input broke"), "{error}");
}
