use super::*;
use crate::mqtt::fake_server::FakeServer;
use crate::mqtt::{Refusal, Secret};
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Publish};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::time::Instant;

fn config(server: SocketAddr, speed: Option<f64>) -> ReplayConfig {
    let (instrument, client_id) = ("pump".into(), "sensor".into());
    ReplayConfig { server, instrument, client_id, token: Secret::new("token"), speed }
}

fn recording(length: i64) -> Vec<(i64, f32)> {
    (0..length).map(|n| (1_700_000_000_000 + n * 1_000, n as f32 / 8.0)).collect()
}

fn payload(n: i64) -> String {
    format!(r#"{{"ts":{},"current":{},"seq":{n}}}"#, 1_700_000_000_000 + n * 1_000, n as f32 / 8.0)
}

fn texts(published: &[Publish]) -> Vec<String> {
    published.iter().map(|publish| String::from_utf8(publish.payload.to_vec()).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_reading_goes_out_once_and_in_order() {
    let (server, address) = FakeServer::start().await;
    let serve = async {
        let (peer, connect) = server.accept().await;
        assert_eq!((connect.client_id.as_str(), connect.login.unwrap().password.as_str()), ("sensor", "token"));
        peer.acknowledge_all().await
    };
    let (sent, (published, goodbye)) = tokio::join!(replay(config(address, None), recording(500)), serve);
    let sent = sent.unwrap();
    assert_eq!((sent.acknowledged, sent.connects), (500, 1));
    assert_eq!(texts(&published), (0..500).map(payload).collect::<Vec<_>>());
    assert!(published.iter().all(|publish| publish.topic == "dayi/v1/pump/telemetry") && goodbye);
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_the_recordings_times_the_speed() {
    let (server, address) = FakeServer::start().await;
    let serve = async { server.accept().await.0.acknowledge_all().await };
    let begun = Instant::now();
    let (sent, _) = tokio::join!(replay(config(address, Some(10.0)), recording(101)), serve);
    assert_eq!(sent.unwrap().acknowledged, 101);
    let passed = begun.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_millis(10_200)).contains(&passed), "{passed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_loses_nothing() {
    let (server, address) = FakeServer::start().await;
    let serve = async {
        let (mut peer, _) = server.accept().await;
        for _ in 0..10 {
            let publish = peer.publish().await;
            peer.acknowledge(publish.pkid).await;
        }
        drop(peer);
        server.accept().await.0.acknowledge_all().await.0
    };
    let (sent, rest) = tokio::join!(replay(config(address, None), recording(200)), serve);
    let sent = sent.unwrap();
    assert_eq!((sent.acknowledged, sent.connects), (200, 2));
    let rest = texts(&rest);
    // What was acknowledged on the first connection may have been lost with it; nothing else is missing.
    assert!(rest.ends_with(&(10..200).map(payload).collect::<Vec<_>>()), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_or_is_not_there_is_said() {
    let (server, address) = FakeServer::start().await;
    let refuse = server.answer(ConnectReturnCode::NotAuthorized);
    let (refused, _) = tokio::join!(replay(config(address, None), recording(1)), refuse);
    assert!(matches!(refused, Err(ReplayError::Refused(Refusal::NotAuthorized))), "{refused:?}");

    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let away = replay(config(nobody, None), recording(1)).await;
    assert!(matches!(away, Err(ReplayError::GaveUp { acknowledged: 0, .. })), "{away:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_sensor_but_not_its_readings_is_given_up() {
    let (server, address) = FakeServer::start().await;
    let close = async {
        loop {
            let (mut peer, _) = server.accept().await;
            peer.publish().await;
        }
    };
    tokio::select! {
        outcome = replay(config(address, None), recording(5)) => {
            assert!(matches!(outcome, Err(ReplayError::GaveUp { acknowledged: 0, .. })), "{outcome:?}");
        }
        () = close => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_speed_is_above_zero_and_may_be_as_small_as_it_likes() {
    let (server, address) = FakeServer::start().await;
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = replay(config(address, Some(wrong)), recording(2)).await;
        assert!(matches!(refused, Err(ReplayError::Speed(_))), "{refused:?}");
    }
    let serve = async {
        let mut peer = server.accept().await.0;
        let publish = peer.publish().await;
        peer.acknowledge(publish.pkid).await;
    };
    tokio::select! {
        ended = replay(config(address, Some(f64::MIN_POSITIVE)), recording(2)) => panic!("{ended:?}"),
        () = serve => {}
    }
}

#[tokio::test]
async fn an_empty_recording_is_played_at_once() {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    assert_eq!(replay(config(nobody, None), Vec::new()).await.unwrap().connects, 0);
}
