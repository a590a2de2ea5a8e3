//! What happens to alerts, for MQTT subscribers.

use super::bench::{Bench, NOW};
use dayi::app::publish_alerts;
use dayi::bus::Bus;
use dayi::domain::{Alert, AlertEvent, AlertKind, AlertStep, Event, InstrumentState, Severity};
use rumqttc::{AsyncClient, Event as Heard, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use std::sync::Arc;

fn event(number: i64, step: AlertStep, kind: AlertKind) -> Arc<AlertEvent> {
    let alert = Alert {
        id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".into(),
        instrument: "sem-1".parse().unwrap(),
        kind,
        severity: Severity::Warning,
        since_ms: NOW - 1_000,
        raised_ms: NOW,
        updated_ms: NOW,
        cleared_ms: (step == AlertStep::Cleared).then_some(NOW),
        reopened: 0,
        state: InstrumentState::Standby,
        acknowledged: None,
        silenced: None,
    };
    Arc::new(AlertEvent { number, step, at_ms: NOW, alert })
}

#[tokio::test]
async fn a_subscriber_hears_everything_that_happens_to_alerts_and_nothing_is_retained() {
    let bench = Bench::new();
    let bus = Bus::default();
    tokio::spawn(publish_alerts(bus.never_drop("test", 8), bench.publisher.clone(), bench.stop.clone()));
    let options = MqttOptions::new("svc-alerts", bench.addr.ip().to_string(), bench.addr.port());
    let (client, mut events) = AsyncClient::new(options, 8);
    client.subscribe("dayi/v1/+/alert", QoS::AtLeastOnce).await.unwrap();
    loop {
        if let Heard::Incoming(Packet::SubAck(_)) = events.poll().await.unwrap() {
            break;
        }
    }
    // Two kinds of one instrument at once: neither takes the other's place.
    bus.publish(Event::AlertRaised(event(1, AlertStep::Raised, AlertKind::StandbyIdle))).await;
    bus.publish(Event::AlertRaised(event(2, AlertStep::Raised, AlertKind::ModelDrift))).await;
    bus.publish(Event::AlertCleared(event(3, AlertStep::Cleared, AlertKind::StandbyIdle))).await;
    let mut heard: Vec<Value> = Vec::new();
    while heard.len() < 3 {
        let Heard::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() else { continue };
        assert_eq!((publish.topic.as_str(), publish.retain), ("dayi/v1/sem-1/alert", false));
        heard.push(serde_json::from_slice(&publish.payload).unwrap());
    }
    assert_eq!(
        heard[0],
        json!({
            "number": 1, "step": "raised", "at": NOW, "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "kind": "standby-idle",
            "severity": "warning", "since": NOW - 1_000, "raised": NOW, "cleared": null, "state": "standby",
            "acknowledged": false, "silenced_until": null,
        })
    );
    assert_eq!((&heard[1]["kind"], &heard[2]["cleared"]), (&json!("model-drift"), &json!(NOW)));
}
