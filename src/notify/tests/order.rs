//! Whatever receivers answer and whenever the process ends: nothing is lost, and each subscription is told in order.

use super::super::outbox::State;
use super::bench::{Bench, HOUR};
use super::receiver::{Receiver, Reply};
use crate::domain::AlertStep;
use proptest::prelude::*;
use proptest::test_runner::{Config as RunnerConfig, TestRunner};
use std::sync::{Arc, Mutex};

/// What happens next.
#[derive(Clone, Debug)]
enum Move {
    /// Something is to be told.
    Happens,
    /// Time passes, and what is due is sent.
    Turn(i64),
    /// From now on, that receiver answers so.
    Answers(usize, u16),
    /// The process ends, and another begins.
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let status = prop::sample::select(vec![204_u16, 200, 400, 404, 429, 500, 503]);
    let one = prop_oneof![
        3 => Just(Move::Happens),
        3 => (1_i64..3 * HOUR).prop_map(Move::Turn),
        2 => (0_usize..2, status).prop_map(|(which, status)| Move::Answers(which, status)),
        1 => Just(Move::Restart),
    ];
    prop::collection::vec(one, 1..30)
}

async fn play(moves: Vec<Move>) -> Result<(), TestCaseError> {
    let mut bench = Bench::new().await;
    let mut receivers = Vec::new();
    for _ in 0..2 {
        let status = Arc::new(Mutex::new(204_u16));
        // What was taken, with the id of its message.
        let taken = Arc::new(Mutex::new(Vec::<(String, i64)>::new()));
        let (says, kept) = (status.clone(), taken.clone());
        let receiver = Receiver::start(move |request| {
            let status = *says.lock().unwrap();
            if status < 300 {
                let number = request.json()["data"]["number"].as_i64().unwrap();
                kept.lock().unwrap().push((request.header("webhook-id").to_owned(), number));
            }
            Reply::status(status)
        })
        .await;
        let channel = bench.webhook(&receiver.url).await;
        let subscription = bench.subscribe(&channel).await;
        receivers.push((receiver, status, taken, subscription));
    }
    let mut happened = Vec::new();
    for one in moves {
        match one {
            Move::Happens => happened.push(bench.happens("sem-1", AlertStep::Raised)),
            Move::Turn(ms) => bench.turn_after(ms).await,
            Move::Answers(which, status) => *receivers[which].1.lock().unwrap() = status,
            Move::Restart => bench.restart().await,
        }
    }
    for (_, status, ..) in &receivers {
        *status.lock().unwrap() = 204;
    }
    bench.turn_after(24 * HOUR).await;
    let deliveries = bench.deliveries().await;
    for (_, _, taken, subscription) in &receivers {
        let taken: Vec<i64> = taken.lock().unwrap().iter().map(|(_, number)| *number).collect();
        prop_assert!(taken.is_sorted_by(|a, b| a < b), "in order and once: {taken:?}");
        let own: Vec<_> = deliveries.iter().filter(|one| one.subscription == *subscription).collect();
        let delivered = own.iter().filter(|one| one.state == State::Delivered).count();
        let dead = own.iter().filter(|one| one.state == State::Dead).count();
        prop_assert_eq!((taken.len(), delivered + dead), (delivered, happened.len()));
    }
    bench.db.close().await;
    Ok(())
}

#[test]
fn nothing_is_lost_and_each_is_told_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(RunnerConfig { cases: 24, failure_persistence: None, ..RunnerConfig::default() });
    runner.run(&moves(), |moves| runtime.block_on(play(moves))).unwrap();
}
