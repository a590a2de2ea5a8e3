use super::*;
use crate::mqtt::QoS;
use crate::mqtt::fake_server::FakeServer;
use rumqttc::mqttbytes::v4::Publish;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn start(plan: Plan, server: SocketAddr) -> Load {
    let lines = lay_out(&plan);
    Load::start(plan, lines, server).unwrap()
}

fn at_once(connections: usize) -> Plan {
    Plan { ramp: Duration::ZERO, ..Plan::new(connections) }
}

fn says(publish: &Publish, sent: &Sent) -> bool {
    let reading: Value = serde_json::from_slice(&publish.payload).unwrap();
    reading["ts"] == sent.ts_ms && (reading["current"].as_f64().unwrap() as f32 - sent.current_a()).abs() < 1e-6
}

#[tokio::test(start_paused = true)]
async fn a_ledger_knows_what_was_acknowledged_also_over_a_broken_connection() {
    let (server, address) = FakeServer::start().await;
    let load = start(at_once(1), address);
    let (mut peer, connect) = server.accept().await;
    assert_eq!(connect.client_id, "lt-000000");
    let first = peer.publish().await;
    peer.acknowledge(first.pkid).await;
    let second = peer.publish().await;
    drop(peer);
    let (mut peer, _) = server.accept().await;
    let again = peer.publish().await;
    assert_eq!((again.pkid, again.dup), (second.pkid, true));
    peer.acknowledge(again.pkid).await;
    let rest = tokio::spawn(peer.acknowledge_all());
    load.acknowledged_more(5, PATIENCE).await.unwrap();
    let counters = load.counters().clone();
    let ledgers = load.stop().await;
    let (_, said_goodbye) = rest.await.unwrap();
    assert!(said_goodbye);
    let [ledger] = ledgers.as_slice() else { panic!("{ledgers:?}") };
    assert!(ledger.sent.len() >= 6 && ledger.sent.iter().all(Sent::acknowledged), "{ledger:?}");
    assert!(says(&first, &ledger.sent[0]) && says(&second, &ledger.sent[1]), "{ledger:?}");
    assert!(ledger.sent.windows(2).all(|pair| pair[0].ts_ms < pair[1].ts_ms), "{ledger:?}");
    assert_eq!(counters.now().lost_connections, 1);
    assert_eq!(ledger.at(ledger.sent[2].ts_ms), Some(&ledger.sent[2]));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_reports_for_its_instruments_in_turn_and_an_unanswered_reading_stays_so() {
    let (server, address) = FakeServer::start().await;
    let plan = Plan { instruments_per_connection: 3, clock_step_ms: Some(2_000), window: 4, ..at_once(1) };
    let load = start(plan, address);
    let (mut peer, connect) = server.accept().await;
    assert_eq!((connect.client_id.as_str(), connect.last_will), ("gw-00000", None));
    let mut topics = Vec::new();
    for _ in 0..4 {
        topics.push(peer.publish().await.topic);
    }
    let topic = |n: usize| format!("dayi/v1/lt-00000{n}/telemetry");
    assert_eq!(topics, [0, 1, 2, 0].map(topic));
    // The window is full and nothing is answered: what is due is missed. Then the server goes for good.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(load.counters().now().missed >= 6);
    drop((peer, server));
    load.server_is_at(None);
    let ledgers = load.stop().await;
    let sent: Vec<usize> = ledgers.iter().map(|ledger| ledger.sent.len()).collect();
    assert_eq!(sent, [2, 1, 1]);
    assert!(ledgers.iter().flat_map(|ledger| &ledger.sent).all(|sent| !sent.acknowledged()));
    assert_eq!(ledgers[0].sent[1].ts_ms - ledgers[0].sent[0].ts_ms, 2_000);
}

#[tokio::test(start_paused = true)]
async fn in_a_storm_all_drop_and_come_back() {
    let (server, address) = FakeServer::start().await;
    let load = start(Plan { qos: QoS::AtMostOnce, ..at_once(2) }, address);
    let peers = [server.accept().await, server.accept().await];
    assert!(load.all_connected(PATIENCE).await);
    load.storm();
    for (peer, _) in peers {
        let (_, said_goodbye) = peer.acknowledge_all().await;
        assert!(!said_goodbye);
    }
    let _back = [server.accept().await, server.accept().await];
    assert!(load.all_connected(PATIENCE).await);
    assert_eq!((load.counters().returns().len(), load.counters().now().connects), (2, 4));
}
