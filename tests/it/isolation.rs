//! Two institutions over MQTT, with real tokens: each hears and commands its own instruments alone.

use crate::harness::{ADMIN, Sensor, Server, now_ms};
use crate::permissions::{account, others};
use dayi::domain::Role;
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

/// A program that shows the token of an account.
fn program(server: &Server, token: &str) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new("program", server.app.mqtt.ip().to_string(), server.app.mqtt.port());
    options.set_credentials("token", token);
    AsyncClient::new(options, 64)
}

/// The next state that it hears: of which instrument, and which.
async fn next_state(events: &mut EventLoop) -> (String, String) {
    loop {
        let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() else { continue };
        let state: Value = serde_json::from_slice(&publish.payload).unwrap();
        return (publish.topic, state["state"].as_str().unwrap().to_owned());
    }
}

#[tokio::test]
async fn each_hears_its_own_instruments_whatever_it_subscribes_to() {
    let server = Server::start().await;
    let mut sem = server.add("sem-1").await;
    let (_, added) = server.post("/api/v1/instruments", Some(ADMIN), &others("nmr-9")).await;
    let mut nmr = Sensor::connect(server.app.mqtt, "nmr-9", added["credentials"]["token"].as_str().unwrap()).await;
    let (_, own) = account(&server, "own", Role::Integration, "lab").await;
    let (_, other) = account(&server, "other", Role::Integration, "other").await;

    for (token, topic) in [(&own, "dayi/v1/sem-1/state"), (&other, "dayi/v1/nmr-9/state")] {
        // The same client id twice: each within its account.
        let (client, mut events) = program(&server, token);
        // The group "all" of the other account does not take turns with this one.
        for filter in ["dayi/v1/#", "dayi/v1/+/state", "$share/all/dayi/v1/+/state", "dayi/v1/sem-1/state"] {
            client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        }
        let start = now_ms() - 600_000;
        sem.draw(6.0, start, 120).await;
        nmr.draw(6.0, start, 120).await;
        loop {
            let (heard, state) = next_state(&mut events).await;
            assert_eq!(heard, topic);
            if state == "on" {
                break;
            }
        }
    }
    server.app.stop().await;
}

#[tokio::test]
async fn commands_reach_only_sensors_that_the_account_looks_after() {
    let server = Server::start().await;
    server.add("sem-1").await;
    server.post("/api/v1/instruments", Some(ADMIN), &others("nmr-9")).await;
    let (_, token) = account(&server, "oper", Role::Operator, "lab").await;
    let (client, mut events) = program(&server, &token);
    let command = |instrument: &str| format!("dayi/v1/{instrument}/command/reboot");
    for instrument in ["nmr-9", "nobody"] {
        // Who publishes what they may not is cut off: MQTT 3.1.1 has no other way to say so. The client comes back.
        client.publish(command(instrument), QoS::AtLeastOnce, false, "now").await.unwrap();
        while events.poll().await.is_ok() {}
        events.clean();
    }
    client.subscribe("dayi/v1/+/command/#", QoS::AtLeastOnce).await.unwrap();
    client.publish(command("sem-1"), QoS::AtLeastOnce, false, "now").await.unwrap();
    loop {
        if let Event::Incoming(Packet::Publish(heard)) = events.poll().await.unwrap() {
            assert_eq!(heard.topic, command("sem-1"));
            break;
        }
    }
    let (_, refused) = server.get("/api/v1/ingest/refusals?q=program").await;
    assert_eq!(refused["items"][0]["counts"]["topic-not-allowed"], 2, "{refused}");
    server.app.stop().await;
}

#[tokio::test]
async fn a_session_ends_with_its_token() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (id, token) = account(&server, "own", Role::Integration, "lab").await;
    let (client, mut events) = program(&server, &token);
    client.subscribe("dayi/v1/#", QoS::AtLeastOnce).await.unwrap();
    while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    let (_, tokens) = server.get(&format!("/api/v1/tokens?account={id}")).await;
    let path = format!("/api/v1/tokens/{}", tokens[0]["id"].as_str().unwrap());
    assert_eq!(server.delete(&path).await.0, 204);
    let ended = loop {
        match events.poll().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(!matches!(ended, ConnectionError::ConnectionRefused(_)), "{ended}");
    assert!(matches!(events.poll().await, Err(ConnectionError::ConnectionRefused(_))), "nor is it let in again");
    assert_eq!(server.get("/api/v1/tokens?account=nobody").await.1["status"], json!(404));
    server.app.stop().await;
}
