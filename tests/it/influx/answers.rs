//! What follows from each answer: nothing is lost, the order stays, and it is said what is wrong.

use super::odd_server::{OddServer, Reply};
use super::{ROUND_MS, caught_up, sending, state_of, states_of, stream, until, work};
use crate::harness::{ADMIN, Server, now_ms};
use serde_json::{Value, json};

/// A server whose instrument has worked once, and an InfluxDB that answers as `rule` says.
async fn start(rule: impl FnMut(&str) -> Reply + Send + 'static) -> (Server, OddServer, crate::harness::Sensor) {
    let influx = OddServer::start(rule).await;
    let data = tempfile::tempdir().unwrap();
    let mut config = sending(data.path(), &influx.url);
    config.influx.timeout_s = 1;
    config.influx.token = Some("secret".into());
    let server = Server::start_with(data, config).await;
    let sensor = server.add("sem-1").await;
    (server, influx, sensor)
}

fn begin_ms() -> i64 {
    now_ms() - 4 * 3_600_000
}

/// All states that were sent, as the history has them: number, code, beginning.
fn sent(influx: &OddServer) -> Vec<(u64, u8, i64)> {
    influx.taken().iter().map(|line| state_of(line)).map(|(_, seq, state, at)| (seq, state, at)).collect()
}

async fn health(server: &Server) -> (String, String) {
    let (_, health) = server.get("/healthz").await;
    (health["status"].as_str().unwrap().into(), health["problems"].to_string())
}

#[tokio::test]
async fn every_state_is_sent_in_order_with_its_tags_under_the_path_and_with_the_token() {
    let (server, influx, mut sensor) = start(|_| Reply::ok()).await;
    for round in 0..3 {
        work(&mut sensor, begin_ms() + round * ROUND_MS).await;
    }
    let states = caught_up(&server, "states").await;
    let expected = states_of(&server, "sem-1").await;
    assert!(expected.len() >= 6);
    assert_eq!(sent(&influx), expected);
    assert_eq!(states["points"], expected.len());
    assert_eq!((&states["last_answer"]["text"], &states["next_try"]), (&json!("204"), &Value::Null));
    assert!(influx.taken()[0].contains(",institution=lab,city=杭州市 "), "{:?}", influx.taken()[0]);
    let head = influx.last_head();
    assert!(head.starts_with("post /prefix/api/v2/write?org=dayi&bucket=dayi&precision=ms http/1.1"), "{head}");
    assert!(head.contains("authorization: token secret"), "{head}");

    // A restart sends none of them again, and goes on.
    server.app.stop().await;
    let (data, config) = (server.data, sending(std::path::Path::new(""), &influx.url).influx);
    let mut again = crate::harness::config(data.path());
    again.influx = config;
    again.influx.gzip = false;
    let server = Server::start_with(data, again).await;
    caught_up(&server, "states").await;
    assert_eq!(sent(&influx), expected);
    server.app.stop().await;
}

#[tokio::test]
async fn whatever_goes_wrong_is_tried_again_until_it_goes_right() {
    let (server, influx, mut sensor) = start(|_| Reply::ok()).await;
    let begin = begin_ms();
    let failures: [(Reply, &str); 9] = [
        (Reply::Status(500, "", "out of cheese".into()), "500: out of cheese"),
        (Reply::Close, "connection"),
        (Reply::Hang, "no answer in time"),
        (Reply::Status(429, "retry-after: 0\r\n", String::new()), "429"),
        (Reply::Status(503, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", String::new()), "503"),
        (Reply::status(502), "502"),
        (Reply::Status(401, "", json!({"code": "unauthorized", "message": "who?"}).to_string()), "401: who?"),
        (Reply::Status(404, "connection: close\r\n", "no such bucket".into()), "404: no such bucket"),
        (Reply::Status(301, "location: /elsewhere\r\n", String::new()), "301"),
    ];
    for (round, (failure, words)) in (0..).zip(failures) {
        influx.now(move |_| failure.clone());
        let before = sent(&influx);
        work(&mut sensor, begin + round * ROUND_MS).await;
        let states = until(&server, "states", |stream| stream["connected"] == false).await;
        assert!(states["last_answer"]["text"].as_str().unwrap().contains(words), "{words}: {states}");
        assert!(states["behind"]["changes"].as_u64().unwrap() > 0 && states["next_try"].is_i64(), "{states}");
        influx.more_requests(if words.contains("in time") { 1 } else { 3 }).await;
        assert_eq!(sent(&influx), before, "{words}");
        influx.now(|_| Reply::ok());
        caught_up(&server, "states").await;
        assert_eq!(sent(&influx), states_of(&server, "sem-1").await, "{words}");
    }
    assert_eq!(stream(&server, "states").await["set_aside"], 0);
    assert_eq!(health(&server).await, ("ok".into(), "null".into()));
    server.app.stop().await;
}

#[tokio::test]
async fn a_wish_to_be_left_alone_is_followed() {
    let (server, influx, mut sensor) = start(|_| Reply::Status(429, "retry-after: 600\r\n", String::new())).await;
    work(&mut sensor, begin_ms()).await;
    let states = until(&server, "states", |stream| stream["connected"] == false).await;
    let (answered, next) = (states["last_answer"]["at"].as_i64().unwrap(), states["next_try"].as_i64().unwrap());
    assert!((600_000..600_500).contains(&(next - answered)), "{states}");
    assert_eq!(states["retries"], 1);
    assert_eq!(sent(&influx), []);
    // It does not hold the stop up.
    server.app.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_told_at_once_with_what_to_do() {
    let (server, influx, mut sensor) = start(|_| Reply::Status(403, "", "not yours".into())).await;
    work(&mut sensor, begin_ms()).await;
    until(&server, "states", |stream| stream["connected"] == false).await;
    let (status, problems) = health(&server).await;
    assert_eq!(status, "degraded");
    for words in ["states", "403: not yours", "[influx]", "token", "nothing is lost", "s behind"] {
        assert!(problems.contains(words), "{problems}");
    }
    influx.now(|_| Reply::ok());
    caught_up(&server, "states").await;
    assert_eq!(health(&server).await.0, "ok");
    server.app.stop().await;
}

#[tokio::test]
async fn bad_lines_are_found_set_aside_with_the_reason_and_sent_again_on_request() {
    let bad = |lines: &str| lines.lines().any(|line| state_of(line).2 == 4);
    let refuse = move |lines: &str| match bad(lines) {
        true => Reply::Status(422, "", json!({"message": "no state 4"}).to_string()),
        false => Reply::ok(),
    };
    // Gathered first, so that there is something to halve.
    let (server, influx, mut sensor) = start(|_| Reply::status(500)).await;
    for round in 0..4 {
        work(&mut sensor, begin_ms() + round * ROUND_MS).await;
    }
    let states = states_of(&server, "sem-1").await;
    influx.now(refuse);
    caught_up(&server, "states").await;
    let on: Vec<_> = states.iter().copied().filter(|state| state.1 == 4).collect();
    let good: Vec<_> = states.iter().copied().filter(|state| state.1 != 4).collect();
    assert!(on.len() >= 4 && good.len() >= 4);
    assert_eq!(sent(&influx), good, "the good lines, once and in order");

    let (status, page) = server.get("/api/v1/influx/set-aside?limit=3").await;
    assert_eq!((status, &page["total"], page["items"].as_array().unwrap().len()), (200, &json!(on.len()), 3));
    assert_eq!(page["items"][0]["reason"], "422: no state 4");
    assert_eq!(page["items"][0]["stream"], "states");
    let line = page["items"][0]["line"].as_str().unwrap();
    assert_eq!(state_of(line).1, on.last().unwrap().0, "newest first");
    let before = page["items"][2]["id"].as_str().unwrap();
    let (_, rest) = server.get(&format!("/api/v1/influx/set-aside?before={before}")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), on.len() - 3);
    assert_eq!(server.get("/api/v1/influx/set-aside?limit=0").await.0, 400);

    let path = "/api/v1/influx/set-aside/retry";
    assert_eq!(server.post(path, None, &json!({})).await.0, 401);
    let (_, again) = server.post(path, Some(ADMIN), &json!({})).await;
    assert_eq!(again, json!({"taken": 0, "refused": on.len(), "left": 0}));
    influx.now(|_| Reply::status(500));
    let (_, again) = server.post(path, Some(ADMIN), &json!({})).await;
    assert_eq!(again, json!({"taken": 0, "refused": 0, "left": on.len(), "why": "500"}));
    assert_eq!(server.get("/api/v1/influx").await.1["set_aside"], on.len());
    influx.now(|_| Reply::ok());
    let (_, again) = server.post(path, Some(ADMIN), &json!({})).await;
    assert_eq!(again, json!({"taken": on.len(), "refused": 0, "left": 0}));
    assert_eq!(sent(&influx), [good, on].concat());
    assert_eq!(server.get("/api/v1/influx").await.1["set_aside"], 0);
    server.app.stop().await;
}

#[tokio::test]
async fn what_was_written_in_part_is_not_sent_again_and_said() {
    let reason = "partial write: points beyond retention policy dropped=1";
    let (server, influx, mut sensor) = start(move |_| Reply::Status(400, "", reason.into())).await;
    work(&mut sensor, begin_ms()).await;
    let states = caught_up(&server, "states").await;
    assert_eq!(states["points"], states_of(&server, "sem-1").await.len());
    assert!(states["set_aside"].as_u64().unwrap() >= 1);
    let (_, page) = server.get("/api/v1/influx/set-aside").await;
    assert_eq!(
        (&page["items"][0]["reason"], &page["items"][0]["line"]),
        (&json!(format!("400: {reason}")), &json!(""))
    );
    influx.now(|_| Reply::ok());
    let (_, again) = server.post("/api/v1/influx/set-aside/retry", Some(ADMIN), &json!({})).await;
    assert_eq!(again, json!({"taken": 0, "refused": 0, "left": 0}));
    assert_eq!(server.get("/api/v1/influx").await.1["set_aside"], 0);
    server.app.stop().await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_divided() {
    let (server, influx, mut sensor) = start(|_| Reply::status(500)).await;
    for round in 0..3 {
        work(&mut sensor, begin_ms() + round * ROUND_MS).await;
    }
    let states = states_of(&server, "sem-1").await;
    let third = states[2].0;
    influx.now(move |lines| match lines.lines().any(|line| state_of(line).1 == third) {
        true => Reply::status(413),
        false => Reply::ok(),
    });
    caught_up(&server, "states").await;
    let expected: Vec<_> = states.into_iter().filter(|state| state.0 != third).collect();
    assert_eq!(sent(&influx), expected);
    let (_, page) = server.get("/api/v1/influx/set-aside").await;
    assert_eq!((&page["total"], &page["items"][0]["reason"]), (&json!(1), &json!("413")));
    assert_eq!(state_of(page["items"][0]["line"].as_str().unwrap()).1, third);
    server.app.stop().await;
}

#[tokio::test]
async fn without_an_address_nothing_runs_and_a_wrong_one_is_said() {
    let server = Server::start().await;
    let (status, influx) = server.get("/api/v1/influx").await;
    assert_eq!((status, influx), (200, json!({"configured": false, "streams": [], "set_aside": 0})));
    assert_eq!(server.get("/api/v1/influx/set-aside").await.1, json!({"items": [], "total": 0}));
    assert_eq!(server.post("/api/v1/influx/set-aside/retry", Some(ADMIN), &json!({})).await.0, 409);
    server.app.stop().await;
    let data = tempfile::tempdir().unwrap();
    let Err(error) = dayi::app::App::start(sending(data.path(), "influx:8086")).await else { panic!() };
    assert!(error.to_string().contains("[influx] url"), "{error}");
}
