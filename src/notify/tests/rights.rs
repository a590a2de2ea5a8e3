use super::super::model::Channel;
use super::super::outbox::State;
use super::bench::{Bench, HOUR, hook, unit_a};
use super::receiver::Receiver;
use crate::domain::{AlertStep, Role, UnitPath};

#[tokio::test]
async fn nobody_is_told_what_they_may_not_see() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    // Of another unit.
    bench.happens("tem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.deliveries().await.len(), 0);
    // A researcher sees no alerts.
    bench.account("wang", Role::Researcher, UnitPath::root());
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.deliveries().await.len(), 0);
    bench.account("wang", Role::Operator, UnitPath::root());
    bench.happens("tem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!((receiver.requests().len(), bench.states().await), (1, vec![State::Delivered]));
}

#[tokio::test]
async fn what_counts_is_what_the_owner_may_see_when_it_is_sent() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    bench.account("wang", Role::Operator, UnitPath::root());
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("tem-1", AlertStep::Raised);
    bench.read().await;
    bench.account("wang", Role::Operator, unit_a());
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Delivered, State::Dropped]);
    assert!(receiver.requests().len() == 1 && receiver.last().body.contains("sem-1"));
}

#[tokio::test]
async fn a_subscription_ends_with_its_account() {
    for waits in [false, true] {
        let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
        let channel = bench.webhook(&receiver.url).await;
        let subscription = bench.subscribe(&channel).await;
        if waits {
            bench.happens("sem-1", AlertStep::Raised);
            bench.read().await;
        }
        bench.disable("wang");
        bench.happens("sem-2", AlertStep::Raised);
        bench.turn().await;
        assert!(receiver.requests().is_empty());
        let stopped = bench.book().subscription(&subscription).unwrap().stopped.clone().unwrap();
        assert!(stopped.contains("account"), "{stopped}");
        assert!(bench.states().await.iter().all(|state| *state != State::Waiting));
        // It does not come back by itself.
        bench.account("wang", Role::LaboratoryManager, unit_a());
        bench.happens("sem-3", AlertStep::Raised);
        bench.turn_after(HOUR).await;
        assert!(receiver.requests().is_empty());
    }
}

#[tokio::test]
async fn a_units_channel_serves_those_of_the_unit() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let shared = Channel {
        id: "shared".into(),
        owner: "zhao".into(),
        unit: Some("a".into()),
        name: "c".into(),
        target: hook(&receiver.url),
        created_ms: 0,
    };
    bench.book().put_channel(shared).await.unwrap();
    let subscription = bench.subscribe("shared").await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(receiver.requests().len(), 1);
    bench.account("wang", Role::LaboratoryManager, UnitPath::root().child("hz").child("b"));
    bench.happens("tem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(receiver.requests().len(), 1);
    let stopped = bench.book().subscription(&subscription).unwrap().stopped.clone().unwrap();
    assert!(stopped.contains("channel"), "{stopped}");
}

#[tokio::test]
async fn a_filter_lets_through_what_it_asks_for() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    bench.account("wang", Role::Operator, UnitPath::root());
    let channel = bench.webhook(&receiver.url).await;
    let told = |filter: serde_json::Value| (filter, channel.clone());
    let mut subscriptions = Vec::new();
    for (filter, channel) in [
        told(serde_json::json!({"unit": "a"})),
        told(serde_json::json!({"unit": "hz", "instruments": ["tem-1"]})),
        told(serde_json::json!({"class": "040102"})),
        told(serde_json::json!({"kinds": ["offline"]})),
        told(serde_json::json!({"least": "serious"})),
        told(serde_json::json!({"alerts": ["cleared"], "class": "040101"})),
        told(serde_json::json!({"unit": "no such"})),
    ] {
        let filter = serde_json::from_value(filter).unwrap();
        subscriptions.push(bench.subscribe_with(Some(&channel), |settings| settings.filter = filter).await);
    }
    for instrument in ["sem-1", "tem-1"] {
        bench.happens(instrument, AlertStep::Raised);
        bench.happens_with(instrument, AlertStep::Updated, |alert| alert.severity = crate::domain::Severity::Serious);
        bench.happens_with(instrument, AlertStep::Cleared, |alert| alert.kind = crate::domain::AlertKind::Offline);
    }
    bench.read().await;
    let deliveries = bench.deliveries().await;
    let counts: Vec<_> =
        subscriptions.iter().map(|id| deliveries.iter().filter(|one| one.subscription == *id).count()).collect();
    assert_eq!(counts, [3, 3, 0, 2, 2, 2, 0]);
}
