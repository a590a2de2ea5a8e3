//! Alerts, from readings to answers, with people who see to them, rules and planned work.

use crate::harness::{ADMIN, Sensor, Server, config, showing};
use crate::permissions::{account, others};
use dayi::app::App;
use dayi::domain::{Event, InstrumentState, ManualClock, Role};
use dayi::platform::config::Config;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Monday 2026-11-30, 10:00 in China, within opening hours.
pub(crate) const TEN: i64 = 1_795_968_000_000 + 10 * HOUR;
pub(crate) const STANDBY_A: f64 = 0.7;
const ON_A: f64 = 6.0;

/// A server whose grace after the start is over.
pub(crate) async fn start(data: TempDir, clock: &ManualClock, config: impl FnOnce(&mut Config)) -> Server {
    let server = start_within_grace(data, clock, config).await;
    clock.advance(601 * SECOND);
    server
}

async fn start_within_grace(data: TempDir, clock: &ManualClock, change: impl FnOnce(&mut Config)) -> Server {
    let mut config = config(data.path());
    change(&mut config);
    let app = App::start_at(config, Arc::new(clock.clone())).await.unwrap();
    Server::of(app, data)
}

/// Asks as the administrator, when everything that was acknowledged before has been worked through.
async fn ask(server: &Server, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    server.app.settled().await;
    let request = server.client.request(method, server.url(path)).bearer_auth(ADMIN);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
}

async fn get(server: &Server, path: &str) -> Value {
    let (status, answer) = ask(server, Method::GET, path, None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn post(server: &Server, path: &str, body: Value) -> (u16, Value) {
    ask(server, Method::POST, path, Some(body)).await
}

/// Kind, severity and instrument of the alerts of a list.
async fn alerts(server: &Server, query: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let answer = get(server, &format!("/api/v1/alerts?{query}")).await;
    let items = answer["items"].as_array().unwrap();
    assert_eq!(answer["total"], items.len());
    items.iter().map(|one| (text(&one["kind"]), text(&one["severity"]), text(&one["instrument"]))).collect()
}

fn alert(kind: &str, severity: &str, instrument: &str) -> (String, String, String) {
    (kind.into(), severity.into(), instrument.into())
}

/// One reading in ten seconds over `[from, to)`.
pub(crate) async fn draw(sensor: &mut Sensor, id: &str, current: f64, from_ms: i64, to_ms: i64) {
    let readings: Vec<Value> = (0..(to_ms - from_ms) / (10 * SECOND))
        .map(|n| json!({"ts": from_ms + n * 10 * SECOND, "current": current}))
        .collect();
    sensor.publish(&format!("dayi/v1/{id}/telemetry"), serde_json::to_vec(&readings).unwrap()).await;
}

/// What happened to the alert.
async fn steps(server: &Server, id: &str) -> Vec<String> {
    let one = get(server, &format!("/api/v1/alerts/{id}")).await;
    one["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_idle_instrument_is_told_seen_silenced_and_cleared() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let mut sensor = server.add("sem-1").await;
    let now = TEN + 601 * SECOND;
    draw(&mut sensor, "sem-1", STANDBY_A, now - 40 * MINUTE, now).await;
    assert_eq!(alerts(&server, "").await, [], "what comes late may not be all");
    clock.advance(61 * SECOND);
    assert_eq!(alerts(&server, "").await, [alert("standby-idle", "notice", "sem-1")]);

    let page = get(&server, "/api/v1/alerts").await;
    assert_eq!(page["counts"], json!([{"kind": "standby-idle", "severity": "notice", "count": 1}]));
    let item = &page["items"][0];
    let id = item["id"].as_str().unwrap().to_owned();
    assert_eq!((&item["state"], &item["cleared"], &item["reopened"]), (&json!("standby"), &Value::Null, &json!(0)));
    assert_eq!((&item["name"], &item["raised"]), (&json!("场发射扫描电镜"), &json!(now + 61 * SECOND)));
    assert!(item["since"].as_i64().unwrap() - (now - 40 * MINUTE) < MINUTE);

    // Seen, then silenced for an hour.
    let (status, seen) =
        post(&server, &format!("/api/v1/alerts/{id}/acknowledge"), json!({"note": " 马上处理 "})).await;
    assert_eq!((status, &seen["acknowledged"]["note"]), (200, &json!("马上处理")));
    let (status, silent) = post(&server, &format!("/api/v1/alerts/{id}/silence"), json!({"minutes": 60})).await;
    assert_eq!((status, &silent["silenced"]["until"]), (200, &json!(now + 61 * SECOND + HOUR)));
    for (query, found) in
        [("acknowledged=true", 1), ("acknowledged=false", 0), ("silenced=true", 1), ("silenced=false", 0)]
    {
        assert_eq!(alerts(&server, query).await.len(), found, "{query}");
    }
    clock.advance(HOUR);
    assert_eq!(alerts(&server, "silenced=false").await.len(), 1, "it ends by itself");
    for wrong in [json!({}), json!({"minutes": 5, "until": 1}), json!({"minutes": 0}), json!({"minutes": 1_000_000})] {
        assert_eq!(post(&server, &format!("/api/v1/alerts/{id}/silence"), wrong).await.0, 422);
    }

    // It runs: cleared, and the list of all still has it.
    let now = now + 61 * SECOND + HOUR;
    draw(&mut sensor, "sem-1", ON_A, now - 2 * MINUTE, now).await;
    assert_eq!(alerts(&server, "").await, []);
    assert_eq!(alerts(&server, "all=true&kind=standby-idle,offline&severity=notice&instrument=sem-1").await.len(), 1);
    assert_eq!(alerts(&server, "all=true&severity=warning").await, []);
    assert_eq!(steps(&server, &id).await, ["raised", "acknowledged", "silenced", "unsilenced", "cleared"]);
    let (status, answer) = post(&server, &format!("/api/v1/alerts/{id}/acknowledge"), json!({})).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!(post(&server, "/api/v1/alerts/nothing/unsilence", json!({})).await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn many_are_listed_as_a_file_and_acknowledged_at_once() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let now = TEN + 601 * SECOND;
    for id in ["sem-1", "sem-2", "sem-3"] {
        let mut sensor = server.add(id).await;
        draw(&mut sensor, id, STANDBY_A, now - 40 * MINUTE, now).await;
    }
    server.app.settled().await;
    clock.advance(61 * SECOND);
    let page = get(&server, "/api/v1/alerts?limit=2&offset=1&sort=severe").await;
    assert_eq!((&page["total"], page["items"].as_array().unwrap().len()), (&json!(3), 2));
    assert_eq!(alerts(&server, "unit=province").await.len(), 3);
    assert_eq!(alerts(&server, "unit=lab&class=none").await.len(), 0);
    assert_eq!(ask(&server, Method::GET, "/api/v1/alerts?unit=elsewhere", None).await.0, 404);
    assert_eq!(ask(&server, Method::GET, "/api/v1/alerts?kind=nothing", None).await.0, 400);

    let file = server.client.get(server.url("/api/v1/alerts.csv")).bearer_auth(ADMIN).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let text = file.text().await.unwrap();
    assert!(text.starts_with("\u{feff}id,instrument,name,"), "{text}");
    assert_eq!(text.lines().count(), 4);

    let ids: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    let (status, answer) =
        post(&server, "/api/v1/alerts/acknowledge", json!({"ids": [ids[0], ids[1], "nothing"], "note": "x"})).await;
    assert_eq!((status, &answer["acknowledged"]), (200, &json!(ids)));
    assert_eq!(answer["not"][0]["id"], "nothing");
    assert_eq!(alerts(&server, "acknowledged=false").await.len(), 1);
    server.app.stop().await;
}

#[tokio::test]
async fn what_was_due_while_the_server_was_down_is_told_once_and_what_was_open_stays() {
    // A stop for an hour is nothing unusual here: states go on.
    let long_stops = |config: &mut Config| config.states.restart_gap_s = 86_400;
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, long_stops).await;
    let now = TEN + 601 * SECOND;
    let (mut first, mut second) = (server.add("sem-1").await, server.add("sem-2").await);
    draw(&mut first, "sem-1", STANDBY_A, now - 40 * MINUTE, now).await;
    draw(&mut second, "sem-2", STANDBY_A, now - 10 * MINUTE, now).await;
    server.app.settled().await;
    clock.advance(61 * SECOND);
    let open = alert("standby-idle", "notice", "sem-1");
    assert_eq!(alerts(&server, "").await, std::slice::from_ref(&open));
    let id = get(&server, "/api/v1/alerts").await["items"][0]["id"].as_str().unwrap().to_owned();

    server.app.stop().await;
    clock.advance(HOUR);
    let server = start_within_grace(server.data, &clock, long_stops).await;
    assert_eq!(alerts(&server, "").await, std::slice::from_ref(&open), "nothing new within the grace");
    clock.advance(601 * SECOND);
    let due = alert("standby-idle", "notice", "sem-2");
    assert_eq!(alerts(&server, "").await, [due.clone(), open.clone()]);
    let other = get(&server, "/api/v1/alerts").await["items"][0]["id"].as_str().unwrap().to_owned();

    // And once more, at once: nothing is told again.
    server.app.stop().await;
    let server = start(server.data, &clock, long_stops).await;
    assert_eq!(alerts(&server, "all=true").await, [due, open]);
    for id in [id, other] {
        assert_eq!(steps(&server, &id).await, ["raised"]);
    }
    server.app.stop().await;
}

#[tokio::test]
async fn a_silent_sensor_is_told_after_half_an_hour() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |config| {
        config.states.offline_after_intervals = 1;
        config.states.offline_after_min_s = 1;
    })
    .await;
    let mut events = server.app.events();
    let mut sensor = server.add("sem-1").await;
    let now = TEN + 601 * SECOND;
    sensor.draw(ON_A, now - 60 * SECOND, 60).await;
    loop {
        let Some(Event::StateChanged(transition)) = events.recv().await else { continue };
        if transition.to == InstrumentState::Offline {
            break;
        }
    }
    drop(events);
    assert_eq!(alerts(&server, "").await, []);
    clock.advance(31 * MINUTE);
    assert_eq!(alerts(&server, "").await, [alert("offline", "notice", "sem-1")]);
    clock.advance(24 * HOUR);
    assert_eq!(alerts(&server, "").await, [alert("offline", "warning", "sem-1")]);
    server.app.stop().await;
}

#[tokio::test]
async fn a_wrong_clock_is_told_until_it_is_right() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let mut sensor = server.add("sem-1").await;
    let now = TEN + 601 * SECOND;
    sensor.draw(ON_A, now + 200 * SECOND, 20).await;
    server.app.settled().await;
    clock.advance(61 * SECOND);
    assert_eq!(alerts(&server, "").await, [alert("clock-skew", "notice", "sem-1")]);
    // The clock is judged by the last one or two minutes.
    for n in 1..4 {
        clock.advance(300 * SECOND);
        sensor.draw(ON_A, now + 61 * SECOND + n * 300 * SECOND, 1).await;
        server.app.settled().await;
    }
    assert_eq!(alerts(&server, "").await, []);
    server.app.stop().await;
}

#[tokio::test]
async fn rules_are_inherited_down_the_tree_and_hold_at_once() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let mut sensor = server.add("sem-1").await;
    let now = TEN + 601 * SECOND;
    draw(&mut sensor, "sem-1", STANDBY_A, now - 40 * MINUTE, now).await;
    server.app.settled().await;
    clock.advance(61 * SECOND);
    assert_eq!(alerts(&server, "").await.len(), 1);

    let notice = |rules: &Value| {
        let items = rules["items"].as_array().unwrap();
        let rule = items.iter().find(|rule| rule["kind"] == "standby-idle").unwrap();
        (rule["holds"][0]["after"].clone(), rule["holds"][0]["from"].clone(), rule["own"]["notice"].clone())
    };
    let of_instrument = "/api/v1/alert-rules?instrument=sem-1";
    assert_eq!(notice(&get(&server, of_instrument).await), (json!(30), json!("default"), Value::Null));
    let put = |path: &'static str, body: Value| ask(&server, Method::PUT, path, Some(body));
    let of_province = "/api/v1/alert-rules/units/province/standby-idle";
    let (status, set) = put(of_province, json!({"notice": 120})).await;
    assert_eq!((status, &set["holds"][0]["from"]), (200, &json!("unit")));
    assert_eq!(alerts(&server, "").await, [], "not idle for long enough any more");
    assert_eq!(notice(&get(&server, of_instrument).await), (json!(120), json!("unit"), Value::Null));
    let of_sem = "/api/v1/alert-rules/instruments/sem-1/standby-idle";
    put(of_sem, json!({"notice": 10, "warning": "off"})).await;
    assert_eq!(alerts(&server, "").await.len(), 1);
    assert_eq!(notice(&get(&server, of_instrument).await), (json!(10), json!("instrument"), json!(10)));
    put(of_sem, json!({"notice": "off", "warning": "off"})).await;
    assert_eq!(alerts(&server, "").await, []);
    assert_eq!(ask(&server, Method::DELETE, of_sem, None).await.0, 204);
    assert_eq!(notice(&get(&server, of_instrument).await).1, "unit");

    for wrong in [json!({"notice": -1}), json!({"notice": 1_000_000}), json!({"notice": "soon"}), json!({"notices": 1})]
    {
        assert_eq!(put(of_sem, wrong).await.0, 422);
    }
    assert_eq!(put("/api/v1/alert-rules/units/province/no-show", json!({})).await.0, 404);
    assert_eq!(put("/api/v1/alert-rules/units/nowhere/offline", json!({})).await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn planned_work_keeps_alerts_back_until_it_ends() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let mut sensor = server.add("sem-1").await;
    let now = TEN + 601 * SECOND;
    let work = json!({"unit": "lab", "to": now + HOUR, "reason": "年度保养"});
    let (status, planned) = post(&server, "/api/v1/maintenance", work.clone()).await;
    assert_eq!((status, &planned["from"], &planned["unit"]), (201, &json!(now), &json!("lab")), "{planned}");
    draw(&mut sensor, "sem-1", STANDBY_A, now - 40 * MINUTE, now).await;
    server.app.settled().await;
    clock.advance(30 * MINUTE);
    assert_eq!(alerts(&server, "").await, []);
    assert_eq!(get(&server, "/api/v1/maintenance").await["items"], json!([planned]));

    let server = {
        server.app.stop().await;
        start(server.data, &clock, |config| config.states.restart_gap_s = 86_400).await
    };
    assert_eq!(alerts(&server, "").await, [], "it is remembered");
    let path = format!("/api/v1/maintenance/{}", planned["id"].as_str().unwrap());
    assert_eq!(ask(&server, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(alerts(&server, "").await.len(), 1);

    // What is open is silent meanwhile.
    let later = now + 30 * MINUTE + 601 * SECOND;
    let work = json!({"instrument": "sem-1", "to": later + HOUR, "reason": ""});
    let (_, planned) = post(&server, "/api/v1/maintenance", work).await;
    assert_eq!(alerts(&server, "silenced=true").await.len(), 1);
    let id = get(&server, "/api/v1/alerts").await["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(post(&server, &format!("/api/v1/alerts/{id}/unsilence"), json!({})).await.0, 409);
    let path = format!("/api/v1/maintenance/{}", planned["id"].as_str().unwrap());
    assert_eq!(ask(&server, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(alerts(&server, "silenced=false").await.len(), 1);
    assert_eq!(get(&server, "/api/v1/maintenance").await["items"], json!([]));

    for wrong in [json!({"to": later + HOUR, "reason": ""}), json!({"unit": "lab", "to": later - 1, "reason": ""})] {
        assert_eq!(post(&server, "/api/v1/maintenance", wrong).await.0, 422);
    }
    server.app.stop().await;
}

#[tokio::test]
async fn each_sees_and_handles_what_is_in_its_part_of_the_tree() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |_| {}).await;
    let now = TEN + 601 * SECOND;
    let mut own = server.add("sem-1").await;
    let (_, added) = server.post("/api/v1/instruments", Some(ADMIN), &others("nmr-9")).await;
    let mut other = Sensor::connect(server.app.mqtt, "nmr-9", added["credentials"]["token"].as_str().unwrap()).await;
    draw(&mut own, "sem-1", STANDBY_A, now - 40 * MINUTE, now).await;
    draw(&mut other, "nmr-9", STANDBY_A, now - 40 * MINUTE, now).await;
    server.app.settled().await;
    clock.advance(61 * SECOND);
    let of = |page: &Value, column: &str| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item[column].as_str().unwrap().to_owned()).collect()
    };
    let all = get(&server, "/api/v1/alerts").await;
    assert_eq!(all["total"], 2);
    let id_of = |instrument: &str| {
        let item = all["items"].as_array().unwrap().iter().find(|item| item["instrument"] == instrument).unwrap();
        item["id"].as_str().unwrap().to_owned()
    };
    let (mine, theirs) = (id_of("sem-1"), id_of("nmr-9"));

    let (_, operator) = account(&server, "operator", Role::Operator, "lab").await;
    let (_, screen) = account(&server, "screen", Role::WallScreen, "lab").await;
    let asks = async |token: &str, method: Method, path: &str, body: Value| {
        let request = showing(token).request(method, server.url(path)).json(&body).send().await.unwrap();
        (request.status().as_u16(), request.json::<Value>().await.unwrap_or_default())
    };
    for path in ["/api/v1/alerts", "/api/v1/alerts?unit=province"] {
        let (status, page) = asks(&operator, Method::GET, path, Value::Null).await;
        assert_eq!((status, of(&page, "instrument")), (200, vec!["sem-1".to_owned()]), "{page}");
        assert_eq!(page["total"], 1);
    }
    let (_, idle) = asks(&operator, Method::GET, "/api/v1/idle", Value::Null).await;
    assert_eq!((of(&idle, "id"), &idle["all"]["instruments"]), (vec!["sem-1".to_owned()], &json!(1)));
    let gone = [
        (Method::GET, format!("/api/v1/alerts/{theirs}"), Value::Null),
        (Method::GET, "/api/v1/alerts?unit=other".into(), Value::Null),
        (Method::GET, "/api/v1/idle?unit=other".into(), Value::Null),
        (Method::GET, "/api/v1/alert-rules?unit=other".into(), Value::Null),
        (Method::GET, "/api/v1/alert-rules?instrument=nmr-9".into(), Value::Null),
        (Method::POST, format!("/api/v1/alerts/{theirs}/acknowledge"), json!({})),
        (Method::POST, format!("/api/v1/alerts/{theirs}/silence"), json!({"minutes": 5})),
        (Method::POST, "/api/v1/maintenance".into(), json!({"unit": "other", "to": now + HOUR, "reason": ""})),
        (Method::POST, "/api/v1/maintenance".into(), json!({"unit": "province", "to": now + HOUR, "reason": ""})),
    ];
    for (method, path, body) in gone {
        assert_eq!(asks(&operator, method, &path, body).await.0, 404, "{path}");
    }
    let both = json!({"ids": [theirs, mine]});
    let (_, answer) = asks(&operator, Method::POST, "/api/v1/alerts/acknowledge", both).await;
    assert_eq!((&answer["acknowledged"], &answer["not"][0]["id"]), (&json!([mine]), &json!(theirs)));
    // Who may see and not handle is told so.
    let (status, _) = asks(&screen, Method::POST, &format!("/api/v1/alerts/{mine}/acknowledge"), json!({})).await;
    assert_eq!(status, 403);
    assert_eq!(asks(&screen, Method::GET, &format!("/api/v1/alerts/{mine}"), Value::Null).await.0, 200);
    let one = get(&server, &format!("/api/v1/alerts/{mine}")).await;
    assert_eq!(one["acknowledged"]["by"], "operator");
    server.app.stop().await;
}
