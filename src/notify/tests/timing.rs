use super::super::model::Settings;
use super::super::outbox::State;
use super::bench::{Bench, HOUR, MINUTE};
use super::receiver::Receiver;
use crate::domain::{AlertStep, Severity};
use serde_json::{Value, json};

/// The settings of a subscription, with these in place of the usual.
fn set(part: Value) -> impl FnOnce(&mut Settings) {
    move |settings| {
        let mut all = serde_json::to_value(&*settings).unwrap();
        all.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        *settings = serde_json::from_value(all).unwrap();
    }
}

/// The kinds of the events in what was sent last.
fn events(receiver: &Receiver) -> Vec<String> {
    let body = receiver.last().json();
    let kind = |event: &Value| {
        let id = event["data"]["instrument"]["id"].as_str().unwrap().to_owned();
        format!("{} {id}", event["type"].as_str().unwrap())
    };
    match body["data"]["events"].as_array() {
        Some(events) => events.iter().map(kind).collect(),
        None => vec![kind(&body)],
    }
}

#[tokio::test]
async fn a_digest_is_one_message_at_its_time() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe_with(Some(&channel), set(json!({"digest": {"every": "day", "at": "08:30"}}))).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    bench.happens("sem-1", AlertStep::Cleared);
    // 08:13 in China.
    bench.turn_after(2 * HOUR).await;
    assert!(receiver.requests().is_empty());
    bench.turn_after(17 * MINUTE).await;
    assert_eq!(events(&receiver), ["alert.raised sem-1", "alert.cleared sem-1"]);
    let body = receiver.last().json();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("digest"), &json!("2023-11-15T00:30:20.000Z")));
    bench.happens("sem-2", AlertStep::Raised);
    bench.turn_after(23 * HOUR).await;
    assert_eq!(receiver.requests().len(), 1);
    bench.turn_after(HOUR).await;
    assert_eq!(events(&receiver), ["alert.raised sem-2"]);
}

#[tokio::test]
async fn in_quiet_hours_the_severe_passes_and_the_rest_comes_together_afterwards() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    let quiet = json!({"quiet": {"ranges": [{"from": "22:00", "to": "07:00"}], "passes": "serious"}});
    bench.subscribe_with(Some(&channel), set(quiet)).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.happens_with("sem-3", AlertStep::Raised, |alert| alert.severity = Severity::Critical);
    bench.turn().await;
    assert_eq!((receiver.requests().len(), events(&receiver)), (1, vec!["alert.raised sem-3".to_owned()]));
    // 07:00 in China.
    bench.turn_after(47 * MINUTE).await;
    assert_eq!((receiver.requests().len(), events(&receiver).len()), (2, 2));
    bench.happens("sem-4", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(events(&receiver), ["alert.raised sem-4"]);
}

#[tokio::test]
async fn what_somebody_has_seen_or_silenced_is_not_told() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe_with(Some(&channel), set(json!({"digest": {"every": "hour"}}))).await;
    for instrument in ["sem-1", "sem-2", "sem-3"] {
        bench.happens(instrument, AlertStep::Raised);
    }
    bench.turn().await;
    bench.happens("sem-1", AlertStep::Acknowledged);
    bench.happens("sem-2", AlertStep::Silenced);
    // What comes after it, and within the same reading, too.
    let hushed = bench.happens_with("sem-4", AlertStep::Raised, |_| {});
    bench.happens("sem-4", AlertStep::Silenced);
    assert!(hushed > 0);
    bench.turn().await;
    bench.turn_after(HOUR).await;
    assert_eq!(events(&receiver), ["alert.raised sem-3"]);
    let states = bench.states().await;
    assert_eq!(states, [State::Dropped, State::Dropped, State::Delivered, State::Dropped]);
}

#[tokio::test]
async fn old_deliveries_are_forgotten_and_numbers_go_on() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    for _ in 0..3 {
        bench.happens("sem-1", AlertStep::Raised);
        bench.turn_after(HOUR).await;
    }
    let last = bench.deliveries().await[2].id;
    let outbox = bench.notifier.api.outbox.clone();
    outbox.expire(i64::MAX).await.unwrap();
    assert_eq!(bench.deliveries().await.len(), 1);
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.deliveries().await[1].id, last + 1);
}
