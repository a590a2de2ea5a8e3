//! What an operator sees of a sensor that is not shown: what was refused of it, and who was not let in.

use crate::harness::{Sensor, Server};
use rumqttc::{AsyncClient, MqttOptions};
use serde_json::json;

#[tokio::test]
async fn an_operator_finds_what_a_sensor_sent_and_why_it_was_not_taken() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let topic = "dayi/v1/sem-1/telemetry";
    sensor.publish(topic, "{\"amps\":1}").await;
    sensor.publish(topic, [0xff, 0x00]).await;
    sensor.publish(topic, format!("{{{}", " ".repeat(300))).await;
    sensor.publish(topic, "{\"current\":1e9}").await;
    let (_, summary) = server.get("/api/v1/ingest/refusals").await;
    assert_eq!(summary["counts"], json!({"no-current": 1, "out-of-range": 1, "unreadable": 2}));
    let found = &summary["items"][0];
    assert_eq!(
        (&found["client"], &found["last_reason"], &found["peer"]),
        (&json!("sem-1"), &json!("out-of-range"), &json!(null))
    );
    assert!(found["last_at"].as_i64().unwrap() > 0);

    let (_, of_sensor) = server.get("/api/v1/ingest/refusals/sem-1?limit=2&offset=1").await;
    assert_eq!((&of_sensor["total"], of_sensor["items"].as_array().unwrap().len()), (&json!(4), 2));
    let newest = &of_sensor["items"][0];
    assert_eq!((&newest["topic"], &newest["reason"]), (&json!(topic), &json!("unreadable")));
    assert_eq!((&newest["payload"]["bytes"], &newest["payload"]["cut"]), (&json!(301), &json!(true)));
    let binary = json!({"encoding": "hex", "data": "ff00", "bytes": 2, "cut": false});
    assert_eq!(of_sensor["items"][1]["payload"], binary);

    for (path, total) in [("?q=SEM", 1), ("?q=tem", 0), ("?reason=no-current", 1), ("?reason=garbage", 0)] {
        let (_, page) = server.get(&format!("/api/v1/ingest/refusals{path}")).await;
        assert_eq!(page["total"], total, "{path}");
    }
    assert_eq!(server.get("/api/v1/ingest/refusals/sem-2").await.0, 404);
    assert_eq!(server.get("/api/v1/ingest/refusals?limit=0").await.0, 400);
    server.app.stop().await;
}

#[tokio::test]
async fn a_topic_of_nobody_says_what_the_client_is_bound_as() {
    let server = Server::start().await;
    let (sensor, token) = server.add_with_token("sem-1").await;
    drop(sensor);
    let mut options = MqttOptions::new("sem-1", server.app.mqtt.ip().to_string(), server.app.mqtt.port());
    options.set_credentials("dayi", token);
    let (client, mut events) = AsyncClient::new(options, 4);
    client.publish("tele/sem-1/SENSOR", rumqttc::QoS::AtLeastOnce, false, "{}").await.unwrap();
    while events.poll().await.is_ok() {}
    let (_, refused) = server.get("/api/v1/ingest/refusals/sem-1").await;
    let newest = &refused["items"][0];
    assert_eq!((&newest["reason"], &newest["payload"]["data"]), (&json!("topic-not-allowed"), &json!("{}")));
    assert!(newest["detail"].as_str().unwrap().ends_with("bound is dayi sem-1"), "{newest}");
    server.app.stop().await;
}

#[tokio::test]
async fn who_tried_to_connect_and_is_unknown_is_listed() {
    let server = Server::start().await;
    let _known = server.add("sem-1").await;
    let mut options = MqttOptions::new("plug-9", server.app.mqtt.ip().to_string(), server.app.mqtt.port());
    options.set_credentials("dayi", "token");
    let (_client, mut events) = AsyncClient::new(options, 4);
    assert!(events.poll().await.is_err());
    let (_, strangers) = server.get("/api/v1/ingest/strangers").await;
    assert_eq!(strangers["total"], 1);
    let stranger = &strangers["items"][0];
    let seen = (&stranger["client"], &stranger["counts"], &stranger["peer"]);
    assert_eq!(seen, (&json!("plug-9"), &json!({"unknown-client": 1}), &json!("127.0.0.1")));
    assert_eq!(server.get("/api/v1/ingest/refusals").await.1["total"], 0, "a stranger is no client");
    let (status, _) =
        server.post("/api/v1/clients", Some(crate::harness::ADMIN), &json!({"client_id": "plug-9"})).await;
    assert_eq!(status, 201, "and can be made one");
    server.app.stop().await;
}

#[tokio::test]
async fn a_gateways_unbound_devices_do_not_end_its_connection() {
    let server = Server::start().await;
    let (sensor, token) = server.add_with_token("sem-1").await;
    drop(sensor);
    let binding = json!({"client_id": "sem-1", "dialect": "zigbee2mqtt", "prefix": "zigbee2mqtt/lab/plug"});
    assert_eq!(server.put("/api/v1/bindings/sem-1", &binding).await.0, 200);
    let mut gateway = Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    gateway.publish("zigbee2mqtt/bridge/state", "online").await;
    gateway.publish("zigbee2mqtt/another", r#"{"power":1}"#).await;
    gateway.publish("zigbee2mqtt/lab/plug", r#"{"power":1}"#).await;
    let (_, refused) = server.get("/api/v1/ingest/refusals/sem-1").await;
    assert_eq!(refused["counts"], json!({"no-binding": 1}));
    assert_eq!(refused["items"][0]["topic"], "zigbee2mqtt/another");
    server.app.stop().await;
}
