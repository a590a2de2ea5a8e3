//! The load test against the server: it finds what is whole whole, and sees what is missing.

use crate::harness::{ADMIN, Server};
use dayi_loadtest::live::{Heard, Subscriber, Told};
use dayi_loadtest::load::{Ledger, Load, Plan, Sent, sign_up};
use dayi_loadtest::mqtt::Secret;
use dayi_loadtest::simulator::Dialect;
use dayi_loadtest::target::Api;
use dayi_loadtest::verdict::hold;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn api(server: &Server) -> Api {
    Api::new(server.app.http, Secret::new(ADMIN))
}

#[tokio::test]
async fn sensors_of_every_dialect_lose_nothing_in_a_storm() {
    let server = Server::start().await;
    let plan = Plan {
        instruments_per_connection: 2,
        interval: Duration::from_millis(5),
        dialects: Dialect::ALL.to_vec(),
        ramp: Duration::ZERO,
        clock_step_ms: Some(2_000),
        ..Plan::new(4)
    };
    let api = api(&server);
    let page = Subscriber::start(server.app.http, Secret::new(ADMIN));
    let lines = sign_up(&api, &plan).await.unwrap();
    let load = Load::start(plan, lines, server.app.mqtt).unwrap();
    assert!(load.all_connected(PATIENCE).await);
    load.acknowledged_more(300, PATIENCE).await.unwrap();
    load.storm();
    load.acknowledged_more(300, PATIENCE).await.unwrap();
    let (counters, begun) = (load.counters().clone(), load.begun());
    let ledgers = load.stop().await;
    let verdict = hold(&api, &ledgers, &page.stop().await, begun).await.unwrap();
    assert!(verdict.kept(), "{verdict:?}");
    let counts = counters.now();
    assert_eq!(verdict.instruments, 8);
    assert_eq!(verdict.readings.sent, counts.published);
    assert_eq!(verdict.readings.acknowledged, verdict.readings.sent);
    assert!(counts.acknowledged >= 600 && counts.connects >= 8, "{counts:?}");
    assert_eq!(counters.returns().len(), 4);
    assert!(verdict.states.transitions >= 8 && verdict.states.announced > 0, "{verdict:?}");
    server.app.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_seen() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let start = crate::harness::now_ms() - 600_000;
    sensor.draw(1.5, start, 120).await;
    // One more than there is, one with another current, and a state that nobody decided.
    let mut ledger = Ledger::new("sem-1");
    ledger.sent = (0..121).map(|second| Sent::new(start + second * 1_000, 1_500, 0.0).acknowledged_now()).collect();
    ledger.sent[7] = Sent::new(start + 7_000, 1_501, 0.0).acknowledged_now();
    let told = Told { instrument: "sem-1".into(), seq: 99, state: "on".into(), start_ms: start };
    let heard = Heard { shown: vec![told], ..Heard::default() };
    let verdict = hold(&api(&server), &[ledger], &heard, tokio::time::Instant::now()).await.unwrap();
    assert!(!verdict.kept());
    assert_eq!((verdict.readings.lost, verdict.readings.altered), (1, 1), "{verdict:?}");
    assert_eq!((verdict.readings.doubled, verdict.readings.extra), (0, 0), "{verdict:?}");
    assert_eq!((verdict.states.forgotten, verdict.states.gaps), (1, 0), "{verdict:?}");
    assert_eq!(verdict.wrong.len(), 3, "{verdict:?}");
    server.app.stop().await;
}
