//! An alert on its way to everybody who is to hear of it, over every channel, and to nobody else.

use crate::alerts::{MINUTE, SECOND, STANDBY_A, TEN, draw, start};
use crate::harness::{Live, Server};
use crate::notify::program;
use crate::permissions::{account, others};
use dayi::domain::{ManualClock, Role};
use futures::FutureExt;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

/// A page of somebody, subscribed to all that they see.
async fn page(server: &Server, token: &str) -> (Live, Value) {
    let mut live = Live::connect(server.app.http).await;
    live.send(json!({"type": "auth", "token": token})).await;
    live.send(json!({"type": "subscribe"})).await;
    let snapshot = live.next("snapshot").await;
    (live, snapshot)
}

/// A program of somebody, subscribed to every alert.
async fn listener(server: &Server, token: &str) -> EventLoop {
    let mut options = MqttOptions::new("alerts", server.app.mqtt.ip().to_string(), server.app.mqtt.port());
    options.set_credentials("token", token);
    let (client, mut events) = AsyncClient::new(options, 64);
    client.subscribe("dayi/v1/+/alert", QoS::AtLeastOnce).await.unwrap();
    while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    events
}

async fn webhook(server: &Server, token: &str, url: &str) {
    let new = json!({"name": "程序", "target": {"kind": "webhook", "url": url}});
    let (status, channel) = server.post("/api/v1/channels", Some(token), &new).await;
    assert_eq!(status, 201, "{channel}");
    let settings = json!({"name": "闲置", "filter": {"kinds": ["standby-idle"]}});
    let new = json!({"channel": channel["channel"]["id"], "settings": settings});
    let (status, made) = server.post("/api/v1/subscriptions", Some(token), &new).await;
    assert_eq!(status, 201, "{made}");
}

/// The instruments of a snapshot.
fn shown(snapshot: &Value) -> Vec<&str> {
    snapshot["instruments"].as_array().unwrap().iter().map(|row| row[0].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_alert_reaches_page_program_and_webhook_of_its_institution_alone() {
    let clock = ManualClock::at(TEN);
    let server = start(tempfile::tempdir().unwrap(), &clock, |config| {
        config.notify.allow_networks = vec!["127.0.0.1".into()];
        config.notify.allow_http = true;
    })
    .await;
    let mut sensor = server.add("sem-1").await;
    let (_, added) = server.post("/api/v1/instruments", Some(crate::harness::ADMIN), &others("nmr-9")).await;
    let secret = added["credentials"]["token"].as_str().unwrap();
    let mut other_sensor = crate::harness::Sensor::connect(server.app.mqtt, "nmr-9", secret).await;
    let (_, own) = account(&server, "own", Role::LaboratoryManager, "lab").await;
    let (_, other) = account(&server, "other", Role::LaboratoryManager, "other").await;

    let (url, mut heard) = program().await;
    let (other_url, mut other_heard) = program().await;
    webhook(&server, &own, &url).await;
    webhook(&server, &other, &other_url).await;
    let ((mut live, snapshot), (mut other_live, other_snapshot)) =
        (page(&server, &own).await, page(&server, &other).await);
    assert_eq!((shown(&snapshot), shown(&other_snapshot)), (vec!["sem-1"], vec!["nmr-9"]));
    // Who sees instruments alone hears of no alerts, whatever it subscribes to.
    let (_, researcher) = account(&server, "researcher", Role::Researcher, "lab").await;
    let mut deaf = listener(&server, &researcher).await;
    let (mut events, mut other_events) = (listener(&server, &own).await, listener(&server, &other).await);

    // First the one's is idle, then the other's: whoever heard of the wrong one would hear of it first.
    let now = TEN + 601 * SECOND;
    for (sensor, id, at) in [(&mut sensor, "sem-1", now), (&mut other_sensor, "nmr-9", now + 61 * SECOND)] {
        draw(sensor, id, STANDBY_A, at - 40 * MINUTE, at).await;
        server.app.settled().await;
        clock.advance(61 * SECOND);
        server.app.settled().await;
    }
    for (live, events, heard, id) in
        [(&mut live, &mut events, &mut heard, "sem-1"), (&mut other_live, &mut other_events, &mut other_heard, "nmr-9")]
    {
        let alert = loop {
            let delta = live.next("delta").await;
            let changes = delta["changes"].as_array().unwrap();
            assert!(changes.iter().all(|change| change["id"] == id), "{delta}");
            if let Some(change) = changes.iter().find(|change| change["kind"] == "alert") {
                break change.clone();
            }
        };
        assert!(alert.to_string().contains("standby-idle"), "{alert}");
        let topic = loop {
            if let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() {
                break publish.topic;
            }
        };
        assert_eq!(topic, format!("dayi/v1/{id}/alert"));
        let (_, event) = heard.recv().await.unwrap();
        assert_eq!((&event["type"], &event["data"]["instrument"]["id"]), (&json!("alert.raised"), &json!(id)));
    }
    while let Some(Ok(event)) = deaf.poll().now_or_never() {
        assert!(!matches!(event, Event::Incoming(Packet::Publish(_))), "{event:?}");
    }
    server.app.stop().await;
}

#[tokio::test]
async fn an_open_page_comes_back_with_what_it_reaches_when_the_tree_changes() {
    let server = Server::start().await;
    server.add("sem-1").await;
    server.post("/api/v1/instruments", Some(crate::harness::ADMIN), &others("nmr-9")).await;
    let department = json!({"id": "science", "kind": "department", "parent": "province", "name": "科技厅",
        "name_en": "Science", "views": ["other"]});
    let (status, made) = server.post("/api/v1/units", Some(crate::harness::ADMIN), &department).await;
    assert_eq!(status, 201, "{made}");
    let (_, viewer) = account(&server, "viewer", Role::DepartmentViewer, "science").await;
    let (mut live, snapshot) = page(&server, &viewer).await;
    assert_eq!(shown(&snapshot), ["nmr-9"]);
    let views = server.client.patch(server.url("/api/v1/units/science")).header("if-match", "\"1\"");
    assert_eq!(views.json(&json!({"views": ["lab"]})).send().await.unwrap().status(), 200);
    while live.frame().await.is_ok() {}
    assert_eq!(shown(&page(&server, &viewer).await.1), ["sem-1"]);
    server.app.stop().await;
}
