use super::*;
use crate::fleet::Fleet;
use crate::mqtt::Secret;
use crate::mqtt::fake_server::FakeServer;
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet, Publish};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::sync::oneshot;

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

/// A fleet that runs until the sender is used or dropped.
fn start(server: std::net::SocketAddr, devices: Vec<Device>) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Totals>) {
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        let _ = stopped.await;
    };
    let running = tokio::spawn(async move { run(SimulatorConfig::new(server), devices, stopped).await.unwrap() });
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
    assert_eq!((totals.sent, totals.acknowledged), (6 + rest.len() as u64, 6 + rest.len() as u64));
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
    assert_eq!(totals.sent, totals.acknowledged);
}

#[tokio::test(start_paused = true)]
async fn a_refused_sensor_gives_up_and_is_counted() {
    let (server, address) = FakeServer::start().await;
    let (stop, running) = start(address, vec![steady(Dialect::Dayi)]);
    server.answer(ConnectReturnCode::BadUserNamePassword).await;
    stop.send(()).unwrap();
    let totals = running.await.unwrap();
    assert_eq!((totals.refused, totals.connects, totals.sent), (1, 0, 0));
}

/// Plays a sensor that is lost all the time but for minutes, until both kinds of loss were seen: a connection that
/// stays and pings, and one that breaks without goodbye.
#[tokio::test(start_paused = true)]
async fn a_lost_sensor_is_silent_or_drops_its_connection() {
    let (server, address) = FakeServer::start().await;
    let mut device = steady(Dialect::Dayi);
    device.instrument.profile.losses_per_day = 300.0;
    device.instrument.profile.loss_min = 4.0;
    let (_stop, _running) = start(address, vec![device]);
    let mut seen = BTreeSet::new();
    while seen.len() < 2 {
        let (mut peer, _) = server.accept().await;
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
}
