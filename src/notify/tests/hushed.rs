//! Of an alert that somebody has seen or silenced nothing is sent any more.

use super::super::outbox::{Outbox, State};
use super::super::policy::{Fate, Verdict};
use super::super::send::Outcome;
use super::bench::{AT, Bench, HOUR};
use super::receiver::{Receiver, Reply};
use crate::domain::AlertStep;

#[tokio::test]
async fn a_message_that_is_tried_again_is_dropped_and_what_comes_after_it_goes_at_once() {
    for step in [AlertStep::Acknowledged, AlertStep::Silenced] {
        let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::status(500)).await);
        let channel = bench.webhook(&receiver.url).await;
        bench.subscribe(&channel).await;
        bench.happens("sem-1", AlertStep::Raised);
        bench.happens("sem-2", AlertStep::Raised);
        bench.turn().await;
        receiver.now(|_| Reply::status(204));
        bench.happens("sem-1", step);
        bench.read().await;
        // Before anything that waits for its next attempt is due.
        bench.turn().await;
        assert_eq!(bench.states().await, [State::Dropped, State::Delivered]);
        bench.turn_after(HOUR).await;
        let bodies: Vec<_> = receiver.requests().iter().map(|request| request.json()).collect();
        let instruments: Vec<_> = bodies.iter().map(|body| &body["data"]["instrument"]["id"]).collect();
        assert_eq!(instruments, ["sem-1", "sem-2"]);
        let dropped = bench.deliveries().await.remove(0);
        assert!(dropped.why.unwrap().contains("seen"));
    }
}

#[tokio::test]
async fn what_is_on_its_way_may_arrive_but_is_not_tried_again() {
    for (verdict, fate, state) in [
        (Verdict::Delivered, Fate::Delivered, State::Delivered),
        (Verdict::Later(None), Fate::Again(AT + 1), State::Dropped),
        (Verdict::Refused, Fate::Dead, State::Dropped),
    ] {
        let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
        let channel = bench.webhook(&receiver.url).await;
        let subscription = bench.subscribe(&channel).await;
        bench.happens("sem-1", AlertStep::Raised);
        bench.read().await;
        let outbox: Outbox = bench.notifier.api.outbox.clone();
        let batch = outbox.take(&subscription, AT, false).await.unwrap().unwrap();
        bench.happens("sem-1", AlertStep::Acknowledged);
        bench.read().await;
        outbox.mark(&batch, &Outcome::new(verdict, None, ""), fate, AT, AT).await.unwrap();
        bench.turn_after(HOUR).await;
        assert_eq!(bench.states().await, [state], "{verdict:?}");
        assert!(receiver.requests().is_empty());
    }
}
