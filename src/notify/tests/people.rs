use super::super::model::Language;
use super::super::notice::{Notice, StateChange};
use super::super::outbox::State;
use super::super::text::plain;
use super::bench::{AT, unit_a};
use super::bench::{Bench, HOUR};
use crate::domain::AlertStep;
use crate::domain::{AlertKind, InstrumentState, Role};

#[tokio::test]
async fn pages_get_a_list_of_their_accounts_own() {
    let mut bench = Bench::new().await;
    bench.account("li", Role::Operator, unit_a());
    bench.subscribe_with(None, |_| {}).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Delivered; 2]);
    let inbox = bench.notifier.api.inbox.clone();
    let list = inbox.after("wang", true, 0, 10).await.unwrap();
    let bodies: Vec<serde_json::Value> = list.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect();
    assert_eq!(bodies[0]["type"], "alert.raised");
    assert_eq!(bodies[1]["data"]["instrument"]["id"], "sem-2");
    assert!(inbox.after("li", true, 0, 10).await.unwrap().is_empty());
    assert!(inbox.after("wang", true, list[1].number, 10).await.unwrap().is_empty());
    bench.happens("sem-1", AlertStep::Cleared);
    bench.turn_after(HOUR).await;
    assert_eq!(inbox.after("wang", true, list[1].number, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_kind_has_words_in_both_languages() {
    let bench = Bench::new().await;
    let writer = bench.notifier.api.post.writer.clone();
    for kind in AlertKind::ALL {
        bench.happens_with("sem-1", AlertStep::Cleared, |alert| alert.kind = kind);
    }
    let events = super::super::port::AlertLog::after(&*bench.world, 0, 100).await.unwrap();
    let mut notices: Vec<Notice> = events.into_iter().map(Notice::Alert).collect();
    notices.push(Notice::State(StateChange {
        number: 1,
        instrument: "sem-1".parse().unwrap(),
        seq: 7,
        from: InstrumentState::Standby,
        to: InstrumentState::On,
        at_ms: AT,
    }));
    let chinese = plain(&writer.message(&notices, Language::Zh));
    let english = plain(&writer.message(&notices, Language::En));
    insta::assert_snapshot!(format!("{}\n{}", chinese, english));
    assert!(english.is_ascii() || english.replace('→', "").is_ascii(), "{english}");
}
