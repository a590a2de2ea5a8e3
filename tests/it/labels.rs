//! Labels and levels: what people say an instrument did, and what its calibration found.

use crate::harness::{ADMIN, Server, now_ms};
use serde_json::{Value, json};

const LABELS: &str = "/api/v1/instruments/sem-1/labels";
const EDITS: &str = "/api/v1/instruments/sem-1/labels/edits";

fn span(start: i64, end: i64, state: Option<&str>) -> Value {
    json!({"start": start, "end": end, "state": state})
}

/// The labels that hold, as (start, end, state).
async fn held(server: &Server, query: &str) -> Vec<(i64, i64, String)> {
    let (status, labels) = server.get(&format!("{LABELS}{query}")).await;
    assert_eq!(status, 200, "{labels}");
    let number = |item: &Value, key: &str| item[key].as_i64().unwrap();
    let items = labels["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| (number(item, "start"), number(item, "end"), item["state"].as_str().unwrap().to_owned()))
        .collect()
}

fn holds(start: i64, end: i64, state: &str) -> (i64, i64, String) {
    (start, end, state.to_owned())
}

#[tokio::test]
async fn labels_are_painted_corrected_erased_and_undone() {
    let server = Server::start().await;
    server.add("sem-1").await;
    assert_eq!(held(&server, "").await, []);

    let spans =
        json!({"author": " 王老师 ", "spans": [span(1_000, 9_000, Some("on")), span(3_000, 5_000, Some("standby"))]});
    let (status, painted) = server.post(LABELS, Some(ADMIN), &spans).await;
    assert_eq!(status, 201, "{painted}");
    assert_eq!((&painted["items"][0]["edit"], &painted["items"][0]["author"]), (&json!(2), &json!("王老师")));
    let all = [holds(1_000, 3_000, "on"), holds(3_000, 5_000, "standby"), holds(5_000, 9_000, "on")];
    assert_eq!(held(&server, "").await, all);
    assert_eq!(held(&server, "?from=5000&to=6000").await, all[2..]);

    let erase = json!({"author": "李工", "spans": [span(2_000, 8_000, None)]});
    assert_eq!(server.post(LABELS, Some(ADMIN), &erase).await.0, 201);
    assert_eq!(held(&server, "").await, [holds(1_000, 2_000, "on"), holds(8_000, 9_000, "on")]);

    let (status, undone) = server.delete(&format!("{EDITS}/3?author=李工")).await;
    assert_eq!((status, &undone["undone_by"]), (200, &json!("李工")), "{undone}");
    assert_eq!(held(&server, "").await, all);
    assert_eq!(server.delete(&format!("{EDITS}/3?author=x")).await.0, 409);
    assert_eq!(server.delete(&format!("{EDITS}/9?author=x")).await.0, 404);

    // Nothing anybody said is lost, over a restart either.
    let server = server.restart().await;
    assert_eq!(held(&server, "").await, all);
    let (_, edits) = server.get(EDITS).await;
    let numbers: Vec<&Value> = edits["items"].as_array().unwrap().iter().map(|edit| &edit["edit"]).collect();
    assert_eq!(numbers, [3, 2, 1]);
    server.app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_a_label_is_refused_and_none_of_it_is_kept() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let good = span(1_000, 2_000, Some("on"));
    let cases = [
        (json!({"author": "a", "spans": [good, span(5, 5, None)]}), "spans[1]: start (5) must be before end"),
        (json!({"author": "a", "spans": [good, span(now_ms() - 9, now_ms() + 60_000, Some("on"))]}), "in the future"),
        (json!({"author": "a", "spans": [good, span(0, 9, Some("offline"))]}), "not offline"),
        (json!({"author": " ", "spans": [good]}), "author"),
        (json!({"author": "a", "spans": []}), "1 to 1000"),
    ];
    for (body, said) in cases {
        let (status, problem) = server.post(LABELS, Some(ADMIN), &body).await;
        assert_eq!(status, 422, "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{said}: {problem}");
    }
    assert_eq!(server.post(LABELS, Some(ADMIN), &json!({"author": "a", "spans": [good], "x": 1})).await.0, 422);
    assert_eq!(server.post(LABELS, None, &json!({"author": "a", "spans": [good]})).await.0, 401);
    assert_eq!(server.get("/api/v1/instruments/none/labels").await.0, 404);
    assert_eq!(held(&server, "").await, []);
    server.app.stop().await;
}

#[tokio::test]
async fn a_person_names_a_level_and_the_state_follows() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let levels = "/api/v1/instruments/sem-1/levels";
    let (_, before) = server.get(levels).await;
    assert_eq!((&before["stage"], &before["needed_ms"]), (&json!("waiting"), &json!(86_400_000)));

    // Eight hours: off, 0.8 A and 6 A in turn, 20 minutes each; it ends at 0.8 A.
    let start = now_ms() - 9 * 3_600_000;
    let turns = [0.0, 0.8, 6.0].into_iter().cycle().take(23);
    for (turn, current_a) in turns.enumerate() {
        sensor.draw(current_a, start + turn as i64 * 1_200_000, 1_200).await;
    }
    let (_, found) = server.get(levels).await;
    assert_eq!(found["stage"], "calibrating", "{found}");
    let states: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|level| &level["state"]).collect();
    assert_eq!(states, ["off", "standby", "on"], "{found}");
    let standby = &found["items"][1];
    assert!((standby["typical_a"].as_f64().unwrap() - 0.8).abs() < 0.1 && standby["confidence"].as_f64() > Some(0.5));

    let names = json!({"author": "王老师", "levels": [{"typical_a": 0.8, "state": "on"}]});
    let (status, _) = server.put(levels, &names).await;
    assert_eq!(status, 204);
    let (_, named) = server.get(levels).await;
    let level = &named["items"][1];
    assert_eq!((&level["state"], &level["proposed"], &level["named"]), (&json!("on"), &json!("standby"), &json!(true)));
    // From off to what would have been standby.
    let mut live = server.live().await;
    sensor.draw(0.0, start + 23 * 1_200_000, 120).await;
    live.change_to("sem-1", "off").await;
    sensor.draw(0.8, start + 24 * 1_200_000, 120).await;
    live.change_to("sem-1", "on").await;

    let server = server.restart().await;
    assert_eq!(server.get(levels).await.1["items"][1]["named"], true);
    for wrong in [json!({"typical_a": -1.0, "state": "on"}), json!({"typical_a": 1.0, "state": "offline"})] {
        assert_eq!(server.put(levels, &json!({"author": "a", "levels": [wrong]})).await.0, 422);
    }
    assert_eq!(server.put(levels, &json!({"author": "a", "levels": []})).await.0, 204);
    assert_eq!(server.get(levels).await.1["items"][1]["named"], false);
    server.app.stop().await;
}
