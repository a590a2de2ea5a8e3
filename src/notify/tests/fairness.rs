//! Nobody waits for all that somebody else is to be sent.

use super::bench::{AT, Bench, MINUTE, hook, unit_a};
use super::receiver::{Receiver, Reply};
use crate::domain::{AlertStep, Clock, Role};

/// Subscriptions of an account, each by a channel of its own to the address.
async fn subscribe(bench: &Bench, owner: &str, url: &str, count: usize) {
    bench.account(owner, Role::LaboratoryManager, unit_a());
    for _ in 0..count {
        let channel = bench.channel_of(owner, hook(url)).await;
        bench.subscribe_as(owner, Some(&channel), |_| {}).await;
    }
}

#[tokio::test]
async fn an_account_with_many_slow_channels_has_a_quarter_of_the_places() {
    let bench = Bench::with(|config| (config.concurrency, config.timeout_s) = (8, 600)).await;
    let (slow, good) = (Receiver::start(|_| Reply::Hang).await, Receiver::good().await);
    subscribe(&bench, "wang", &slow.url, 20).await;
    subscribe(&bench, "li", &good.url, 1).await;
    for number in 0..5 {
        bench.happens(&format!("sem-{number}"), AlertStep::Raised);
    }
    let bus = crate::bus::Bus::default();
    let running = tokio::spawn(bench.notifier.run(bus.latest_wins()));
    slow.has(2).await;
    good.has(5).await;
    running.abort();
    assert_eq!(slow.requests().len(), 2);
}

#[tokio::test]
async fn places_go_round_over_accounts() {
    // One of the two places is taken for good, so the other shows whose turn it is.
    let bench = Bench::with(|config| (config.concurrency, config.timeout_s) = (2, 600)).await;
    let (slow, good) = (Receiver::start(|_| Reply::Hang).await, Receiver::good().await);
    subscribe(&bench, "wang", &slow.url, 1).await;
    subscribe(&bench, "zhao", &format!("{}/zhao", good.url), 5).await;
    subscribe(&bench, "li", &format!("{}/li", good.url), 1).await;
    for number in 0..3 {
        bench.happens(&format!("sem-{number}"), AlertStep::Raised);
    }
    let bus = crate::bus::Bus::default();
    let running = tokio::spawn(bench.notifier.run(bus.latest_wins()));
    good.has(18).await;
    running.abort();
    let paths: Vec<_> = good.requests().iter().map(|request| request.path.clone()).collect();
    assert_eq!(paths[..6], ["/li", "/zhao", "/li", "/zhao", "/li", "/zhao"]);
}

#[tokio::test]
async fn what_was_not_even_begun_counts_as_late_since_it_was_due() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::status(500)).await);
    subscribe(&bench, "wang", &receiver.url, 1).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.read().await;
    let outbox = bench.notifier.api.outbox.clone();
    assert_eq!(outbox.counts(AT).await.unwrap().overdue_ms, None);
    bench.clock.advance(20 * MINUTE);
    let began_ms = bench.clock.now_ms();
    assert_eq!(outbox.counts(began_ms).await.unwrap().overdue_ms, Some(AT));
    bench.turn().await;
    assert_eq!(outbox.counts(began_ms + MINUTE).await.unwrap().overdue_ms, Some(began_ms));
}
