//! The way of one reading, through every real part: MQTT in, the state out on the page's push and in the database.

use crate::harness::{ADMIN, SERVICE, Server, instrument, now_ms};
use rumqttc::{AsyncClient, ConnectionError, Event, MqttOptions, Packet, QoS};
use serde_json::json;

#[tokio::test]
async fn a_reading_over_mqtt_becomes_a_state_on_the_page_and_in_the_database() {
    let server = Server::start().await;
    let mut live = server.live().await;
    assert_eq!(live.next("hello").await["protocol"], 2);
    assert_eq!(live.next("snapshot").await["instruments"], json!([]));

    let mut sensor = server.add("sem-1").await;
    let added = live.next("delta").await;
    assert_eq!(added["changes"][0]["kind"], "row");
    assert_eq!(added["changes"][0]["instrument"][0], "sem-1");

    let start = now_ms() - 600_000;
    sensor.draw(6.0, start, 120).await;
    let on = live.change_to("sem-1", "on").await;
    assert_eq!((on["seq"].as_u64(), on["cause"].as_str()), (Some(1), Some("model")));
    assert_eq!(on["model"], "threshold-v1");
    sensor.draw(0.0, start + 120_000, 300).await;
    live.change_to("sem-1", "off").await;

    let (status, one) = server.get("/api/v1/instruments/sem-1").await;
    assert_eq!(status, 200);
    assert_eq!(one["state"]["state"], "off");
    assert_eq!(one["sensor"]["last_reading_at"], start + 419_000);
    assert_eq!(one["sensor"]["current_a"], 0.0);

    let (_, states) = server.get(&format!("/api/v1/instruments/sem-1/states?from={start}")).await;
    let items = states["items"].as_array().unwrap();
    assert_eq!(items[0]["state"], "on");
    assert_eq!(items.last().unwrap()["state"], "off");
    assert!(items.last().unwrap()["end"].is_null());
    for pair in items.windows(2) {
        assert_eq!(pair[0]["end"], pair[1]["start"], "intervals tile time");
        assert_eq!(pair[0]["seq"].as_u64().unwrap() + 1, pair[1]["seq"].as_u64().unwrap());
    }

    // Seven minutes came at once, and the history is written once a minute unless somebody asks.
    server.get(&format!("/api/v1/instruments/sem-1/readings?from={start}&to={}", start + 1)).await;
    let (_, recent) = server.get("/api/v1/instruments/sem-1/recent").await;
    assert_eq!(recent["items"].as_array().unwrap().len(), 420);
    assert_eq!(recent["items"][0], json!([start, 6.0]));
    server.app.stop().await;
}

#[tokio::test]
async fn a_watched_instrument_sends_its_readings() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let mut live = server.live().await;
    live.next("snapshot").await;
    live.send(json!({"type": "watch", "instrument": "nobody"})).await;
    assert_eq!(live.next("error").await["code"], "no-instrument");
    live.send(json!({"type": "watch", "instrument": "sem-1"})).await;
    live.done().await;
    let start = now_ms();
    sensor.draw(1.5, start, 1).await;
    assert_eq!(live.next("reading").await, json!({"type": "reading", "id": "sem-1", "readings": [[start, 1.5]]}));
    server.app.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_instruments_states_and_sequence_numbers() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let mut live = server.live().await;
    let start = now_ms() - 600_000;
    sensor.draw(6.0, start, 120).await;
    let on = live.change_to("sem-1", "on").await;
    let server = server.restart().await;
    let (_, one) = server.get("/api/v1/instruments/sem-1").await;
    assert_eq!(one["state"]["state"], "on");
    assert_eq!(one["state"]["seq"], on["seq"]);
    assert_eq!(one["state"]["since"], on["at"]);
    let (status, _) = server.post("/api/v1/instruments", Some(ADMIN), &instrument("sem-1")).await;
    assert_eq!(status, 409);
    server.app.stop().await;
}

#[tokio::test]
async fn instruments_are_listed_searched_and_paged() {
    let server = Server::start().await;
    for n in 1..=3 {
        server.add(&format!("sem-{n}")).await;
    }
    let ids = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (_, all) = server.get("/api/v1/instruments").await;
    assert_eq!((all["total"].as_u64(), ids(&all).len()), (Some(3), 3));
    let (_, second) = server.get("/api/v1/instruments?limit=1&offset=1").await;
    assert_eq!((second["total"].as_u64(), ids(&second)), (Some(3), vec!["sem-2".to_owned()]));
    let (_, found) = server.get("/api/v1/instruments?q=SEM-3&city=Hangzhou&state=unknown").await;
    assert_eq!(ids(&found), ["sem-3"]);
    let (_, none) = server.get("/api/v1/instruments?city=宁波市").await;
    assert_eq!(none["total"], 0);
    server.app.stop().await;
}

#[tokio::test]
async fn wrong_requests_get_a_problem_that_says_what_to_do() {
    let server = Server::start().await;
    let wrong = [
        ("/api/v1/instruments?limit=0", 400),
        ("/api/v1/instruments?state=sleeping", 400),
        ("/api/v1/instruments?colour=red", 400),
        ("/api/v1/instruments/nobody", 404),
        ("/api/v1/instruments/nobody/recent", 404),
        ("/api/v1/instruments/a%2Fb/states", 404),
        ("/api/v1/instruments/nobody/states?from=5&to=5", 404),
        ("/api/v1/nothing", 404),
    ];
    for (path, expected) in wrong {
        let response = server.client.get(server.url(path)).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), kind.as_str()), (expected, "application/problem+json"), "{path}");
        let problem: serde_json::Value = response.json().await.unwrap();
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{path}");
    }
    let new = instrument("sem-1");
    assert_eq!(server.post("/api/v1/instruments", None, &new).await.0, 401);
    assert_eq!(server.post("/api/v1/instruments", Some("guess"), &new).await.0, 401);
    let wrong_bodies = [
        (json!({"id": "a/b"}), 422),
        (json!({"id": "x", "name": " ", "institution": new["institution"]}), 422),
        (json!({"id": "x", "name": "n", "institution": new["institution"], "rated_current_a": -1}), 422),
    ];
    for (body, expected) in wrong_bodies {
        let (status, problem) = server.post("/api/v1/instruments", Some(ADMIN), &body).await;
        assert_eq!(status, expected, "{problem}");
    }
    server.add("sem-1").await;
    assert_eq!(server.get("/api/v1/instruments/sem-1/states?from=5&to=5").await.0, 400);
    server.app.stop().await;
}

#[tokio::test]
async fn health_metrics_documentation_and_page_are_served() {
    let server = Server::start().await;
    let (status, health) = server.get("/healthz").await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(server.get("/readyz").await, (200, json!({"ready": true})));
    let text = |path: &'static str| {
        let request = server.client.get(server.url(path)).send();
        async move { request.await.unwrap().text().await.unwrap() }
    };
    server.add("sem-1").await.draw(1.0, now_ms(), 1).await;
    assert!(text("/metrics").await.contains("dayi_"));
    server.app.settled().await;
    let (status, system) = server.get("/api/v1/system").await;
    assert_eq!((status, &system["status"], &system["instruments"]), (200, &json!("ok"), &json!(1)), "{system}");
    assert_eq!((&system["readings"]["received"], &system["readings"]["processed"]), (&json!(1), &json!(1)), "{system}");
    assert!(
        system["started_at"].as_i64().unwrap() <= now_ms() && system["memory_bytes"].as_u64() > Some(1),
        "{system}"
    );
    let lag = system["journal"]["lag"].as_array().unwrap();
    assert!(lag.contains(&json!({"reader": "actors", "bytes": 0})), "{system}");
    let database = system["database"].as_str().unwrap();
    assert!(database.starts_with("SQLite 3.") || database.starts_with("PostgreSQL 1"), "{database}");
    assert!(system["disk"]["free_bytes"].as_u64() < system["disk"]["total_bytes"].as_u64(), "{system}");
    assert!(text("/").await.starts_with("<!doctype html>"));
    assert!(text("/instruments/sem-1").await.starts_with("<!doctype html>"));
    assert!(text("/api/docs/").await.contains("swagger"));
    server.app.stop().await;
}

#[tokio::test]
async fn a_service_hears_states_and_nobody_else_does() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let listen = |password| {
        let mut options = MqttOptions::new("sem-1", server.app.mqtt.ip().to_string(), server.app.mqtt.port());
        options.set_credentials("service", password);
        AsyncClient::new(options, 64)
    };
    let (_, mut refused) = listen("guess");
    assert!(matches!(refused.poll().await, Err(ConnectionError::ConnectionRefused(_))));

    // It says the sensor's client id, and does not take its session over.
    let (service, mut events) = listen(SERVICE);
    service.subscribe("dayi/v1/+/state", QoS::AtLeastOnce).await.unwrap();
    sensor.draw(6.0, now_ms() - 600_000, 120).await;
    loop {
        let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() else { continue };
        assert_eq!(publish.topic, "dayi/v1/sem-1/state");
        let state: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
        if state["state"] == "on" {
            break;
        }
        assert_eq!(state["state"], "unknown", "the retained state from before");
    }
    sensor.draw(6.0, now_ms() - 400_000, 1).await;
    server.app.stop().await;
}
