use super::stage::{Stage, path};
use dayi::domain::{Alert, AlertEvent, AlertKind, AlertStep, Event, InstrumentState, Role, Severity};
use serde_json::{Value, json};
use std::sync::Arc;

fn kinds(delta: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |change: &Value| {
        let id = if change["kind"] == "row" { &change["instrument"][0] } else { &change["id"] };
        (text(&change["kind"]), text(id))
    };
    delta["changes"].as_array().unwrap().iter().map(of).collect()
}

fn changes(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect()
}

#[tokio::test]
async fn instruments_come_into_a_set_and_leave_it() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    stage.fleet.put("b", "zj/nb");
    let stage = stage.restart().await;
    let mut page = stage.page("admin").await;
    page.send(json!({"type": "subscribe", "where": {"unit": ["hz"], "state": ["standby", "off"]}})).await;
    let subscribed = page.next("subscribed").await;
    let snapshot = page.next("snapshot").await;
    assert_eq!((&subscribed["epoch"], &subscribed["recovered"]), (&snapshot["epoch"], &json!(false)));
    assert_eq!(snapshot["instruments"], json!([]));

    stage.change("b", InstrumentState::Standby).await;
    stage.change("a", InstrumentState::Standby).await;
    let delta = page.next("delta").await;
    assert_eq!(kinds(&delta), changes(&[("row", "a")]));
    let row = &delta["changes"][0];
    assert_eq!((&row["instrument"][4], &row["institution"]["id"]), (&json!(3), &json!("zj-hz")));
    stage.change("a", InstrumentState::Off).await;
    let delta = page.next("delta").await;
    assert_eq!(kinds(&delta), changes(&[("state", "a")]));
    assert_eq!((&delta["changes"][0]["from"], &delta["changes"][0]["state"]), (&json!("standby"), &json!("off")));
    stage.change("a", InstrumentState::On).await;
    assert_eq!(kinds(&page.next("delta").await), changes(&[("left", "a")]));

    // It moves, and another one takes its place; then that is taken away.
    stage.change("a", InstrumentState::Off).await;
    assert_eq!(kinds(&page.next("delta").await), changes(&[("row", "a")]));
    stage.tell(stage.fleet.put("a", "zj/nb")).await;
    assert_eq!(kinds(&page.next("delta").await), changes(&[("left", "a")]));
    stage.tell(stage.fleet.put("b", "zj/hz")).await;
    assert_eq!(kinds(&page.next("delta").await), changes(&[("row", "b")]));
    stage.tell(stage.fleet.remove("b")).await;
    assert_eq!(kinds(&page.next("delta").await), changes(&[("left", "b")]));
}

#[tokio::test]
async fn a_heartbeat_tells_how_far_a_client_is_that_nothing_was_for() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    let stage = stage.restart().await;
    let (mut page, mut all) = (stage.page("admin").await, stage.page("admin").await);
    all.done().await;
    page.send(json!({"type": "subscribe", "where": {"instrument": ["none"]}})).await;
    let from = page.next("snapshot").await["offset"].as_u64().unwrap();
    stage.change("a", InstrumentState::On).await;
    let to = all.next("delta").await["offset"].as_u64().unwrap();
    let heartbeat = page.next("heartbeat").await;
    assert!(heartbeat["after"].as_u64().unwrap() >= from, "{heartbeat}");
    assert_eq!(heartbeat["offset"], to);
}

#[tokio::test]
async fn a_filter_that_cannot_be_is_refused_and_the_connection_stays() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    stage.keys.give("lab", Role::Operator, path("zj/hz"));
    stage.keys.give("nobody", Role::Operator, path("zj/hz"));
    let mut page = stage.page("lab").await;
    let mut error = async |frame| {
        page.send(frame).await;
        let error = page.next("error").await;
        (error["code"].as_str().unwrap().to_owned(), error["detail"].as_str().unwrap().to_owned())
    };
    let (code, detail) = error(json!({"type": "subscribe", "where": {"unit": ["mars"]}})).await;
    assert!(code == "bad-filter" && detail.contains("mars"), "{detail}");
    let (code, detail) = error(json!({"type": "subscribe", "where": {"city": ["x"]}})).await;
    assert!(code == "bad-frame" && detail.contains("city"), "{detail}");
    assert_eq!(error(json!({"type": "auth", "token": "admin"})).await.0, "bad-frame");
    assert_eq!(error(json!("hello")).await.0, "bad-frame");
    page.done().await;
}

#[tokio::test]
async fn alerts_go_to_those_who_may_see_them_there() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    let stage = stage.restart().await;
    stage.keys.give("operator", Role::Operator, path("zj/hz"));
    stage.keys.give("elsewhere", Role::Operator, path("zj/nb"));
    stage.keys.give("researcher", Role::Researcher, path("zj/hz"));
    let mut operator = stage.page("operator").await;
    // Whatever the state: an alert that ends is heard by whoever heard it begin.
    operator.send(json!({"type": "subscribe", "where": {"state": ["standby"]}})).await;
    operator.next("snapshot").await;
    let mut researcher = stage.page("researcher").await;
    let mut elsewhere = stage.page("elsewhere").await;
    researcher.done().await;
    elsewhere.done().await;
    let alert = Alert {
        id: "01JA".into(),
        instrument: "a".parse().unwrap(),
        kind: AlertKind::StandbyIdle,
        severity: Severity::Warning,
        since_ms: 1,
        raised_ms: 2,
        updated_ms: 2,
        cleared_ms: None,
        reopened: 0,
        state: InstrumentState::Standby,
        acknowledged: None,
        silenced: None,
    };
    stage.tell(Event::AlertRaised(Arc::new(AlertEvent { number: 1, step: AlertStep::Raised, at_ms: 2, alert }))).await;
    stage.change("a", InstrumentState::On).await;
    let delta = operator.next("delta").await;
    assert_eq!(kinds(&delta), changes(&[("alert", "a")]), "{delta}");
    let alert = &delta["changes"][0];
    assert_eq!((&alert["step"], &alert["about"]), (&json!("raised"), &json!("standby-idle")));
    assert_eq!((&alert["alert"], &alert["severity"], &alert["raised"]), (&json!("01JA"), &json!("warning"), &json!(2)));
    assert_eq!(kinds(&researcher.next("delta").await), changes(&[("state", "a")]));
    elsewhere.next("heartbeat").await;
}
