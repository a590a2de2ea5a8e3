//! Many instruments in one request, and those of a gateway.

use crate::harness::{ADMIN, Sensor, Server, instrument, now_ms};
use serde_json::{Value, json};

const BATCH: &str = "/api/v1/instruments/batch";

#[tokio::test]
async fn each_sensor_of_a_batch_gets_a_token_of_its_own() {
    let server = Server::start().await;
    let three: Vec<Value> = (0..3).map(|n| instrument(&format!("sem-{n}"))).collect();
    let (status, added) = server.post(BATCH, Some(ADMIN), &json!({"instruments": three})).await;
    assert_eq!(status, 201, "{added}");
    let credentials = added["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 3);
    for (n, one) in credentials.iter().enumerate() {
        assert_eq!(one["client_id"], format!("sem-{n}"));
        Sensor::connect(server.app.mqtt, &format!("sem-{n}"), one["token"].as_str().unwrap()).await;
    }
    let (status, _) = server.post(BATCH, Some(ADMIN), &json!({"instruments": three})).await;
    assert_eq!(status, 409);
    server.app.stop().await;
}

#[tokio::test]
async fn a_gateway_reports_for_all_its_instruments_also_after_a_restart() {
    let server = Server::start().await;
    let body = json!({"client_id": "gateway", "instruments": [instrument("sem-1"), instrument("sem-2")]});
    let (status, added) = server.post(BATCH, Some(ADMIN), &body).await;
    assert_eq!((status, added["credentials"].as_array().unwrap().len()), (201, 1), "{added}");
    assert_eq!(added["credentials"][0]["client_id"], "gateway");
    let token = added["credentials"][0]["token"].as_str().unwrap();
    let server = server.restart().await;
    let mut gateway = Sensor::connect(server.app.mqtt, "gateway", token).await;
    for id in ["sem-1", "sem-2"] {
        let reading = json!({"ts": now_ms(), "current": 1.5}).to_string();
        gateway.publish(&format!("dayi/v1/{id}/telemetry"), reading).await;
        assert_eq!(server.get(&format!("/api/v1/instruments/{id}")).await.1["sensor"]["current_a"], 1.5);
    }
    server.app.stop().await;
}

#[tokio::test]
async fn a_batch_is_added_whole_or_not_at_all() {
    let server = Server::start().await;
    let with = |second: Value| json!({"instruments": [instrument("sem-1"), second]});
    let mut nameless = instrument("sem-2");
    nameless["name"] = json!(" ");
    assert_eq!(server.post(BATCH, Some(ADMIN), &with(nameless)).await.0, 422);
    assert_eq!(server.post(BATCH, Some(ADMIN), &with(instrument("sem-1"))).await.0, 409);
    assert_eq!(server.post(BATCH, Some(ADMIN), &json!({"instruments": []})).await.0, 422);
    assert_eq!(
        server.post(BATCH, Some(ADMIN), &json!({"client_id": "", "instruments": [instrument("a")]})).await.0,
        422
    );
    assert_eq!(server.post(BATCH, None, &with(instrument("sem-2"))).await.0, 401);
    assert_eq!(server.get("/api/v1/instruments").await.1["total"], 0);
    server.app.stop().await;
}
