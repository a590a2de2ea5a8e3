//! From a reading to a message: a subscription of an account, over HTTP, to what an instrument does.

use crate::harness::{ADMIN, Server, config, now_ms};
use crate::permissions::account;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use dayi::domain::Role;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A program that takes webhooks: its address, and what it got, each with its id.
pub(crate) async fn program() -> (String, mpsc::UnboundedReceiver<(String, Value)>) {
    let (taken, heard) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let take = async move |headers: HeaderMap, body: Bytes| {
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let _ = taken.send((id, serde_json::from_slice(&body).unwrap()));
    };
    tokio::spawn(axum::serve(listener, Router::new().route("/hook", post(take))).into_future());
    (url, heard)
}

async fn start(data: tempfile::TempDir) -> Server {
    let mut config = config(data.path());
    config.http.public_url = Some("https://dayi.example.org".into());
    config.notify.allow_networks = vec!["127.0.0.1".into()];
    config.notify.allow_http = true;
    Server::start_with(data, config).await
}

#[tokio::test]
async fn who_subscribes_is_told_what_an_instrument_does_and_after_a_restart_what_it_did() {
    let server = start(tempfile::tempdir().unwrap()).await;
    let (mut sensor, token) = server.add_with_token("sem-1").await;
    let (_, wang) = account(&server, "wang", Role::LaboratoryManager, "lab").await;
    let (url, mut heard) = program().await;
    let new = json!({"name": "程序", "target": {"kind": "webhook", "url": url}});
    let (status, channel) = server.post("/api/v1/channels", Some(&wang), &new).await;
    assert_eq!(status, 201, "{channel}");
    for channel in [channel["channel"]["id"].as_str().unwrap(), "websocket"] {
        let filter = json!({"states": ["on", "off"], "unit": "lab"});
        let new = json!({"channel": channel, "settings": {"name": "状态", "filter": filter}});
        let (status, made) = server.post("/api/v1/subscriptions", Some(&wang), &new).await;
        assert_eq!(status, 201, "{made}");
    }
    let begin = now_ms() - 1_200_000;
    sensor.draw(6.0, begin, 150).await;
    let (first, event) = heard.recv().await.unwrap();
    assert_eq!((&event["type"], &event["data"]["to"]), (&json!("state.changed"), &json!("on")));
    let instrument = &event["data"]["instrument"];
    assert_eq!(
        (&instrument["name"], &instrument["institution"], &instrument["url"]),
        (&json!("场发射扫描电镜"), &json!("测试中心"), &json!("https://dayi.example.org/instruments/sem-1"))
    );
    let ask = |token: &str, path: &str| server.client.get(server.url(path)).bearer_auth(token).send();
    let waiting = "/api/v1/notifications?wait_s=25";
    let list: Value = ask(&wang, waiting).await.unwrap().json().await.unwrap();
    assert_eq!(list["items"][0]["event"], event);
    let all: Value = ask(ADMIN, "/api/v1/subscriptions").await.unwrap().json().await.unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    server.app.stop().await;

    let server = start(server.data).await;
    let mut sensor = crate::harness::Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    sensor.draw(0.0, begin + 150_000, 300).await;
    let (second, event) = heard.recv().await.unwrap();
    assert_eq!((&event["data"]["from"], &event["data"]["to"]), (&json!("on"), &json!("off")));
    assert_ne!(first, second);
    server.app.stop().await;
}
