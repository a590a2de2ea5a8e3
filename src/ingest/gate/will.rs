//! Last wills: kept by the front, spoken when a session ends without a DISCONNECT.

use super::Gate;
use super::authorise::{Authority, Verdict};
use super::codec::Qos;
use super::exchange::Message;
use super::topic;
use crate::ingest::dialect::{Heard, Moment};
use crate::ingest::refusal::Reason;
use bytes::Bytes;
use rumqttd::protocol::{LastWill, LastWillProperties, PublishProperties};
use std::time::Duration;

/// What is said when its client is gone.
pub(super) struct Will {
    message: Message,
    /// How long after its client it is spoken (MQTT 5, 3.1.3.2.2).
    pub(super) delay: Duration,
}

impl Will {
    /// Keeps a will the client may have. Another is refused and counted, but costs the client no reading.
    pub(super) fn checked(
        gate: &Gate,
        client: &str,
        session: u64,
        authority: &Authority,
        will: LastWill,
        properties: Option<LastWillProperties>,
    ) -> Option<Self> {
        let allowed = match str::from_utf8(&will.topic) {
            Ok(topic) if topic::is_topic(topic) => {
                !matches!(authority.of_topic(topic), Verdict::Denied | Verdict::Unbound)
            }
            _ => false,
        };
        if !allowed {
            let refusal = gate.refusal(Reason::WillNotAllowed, "a last will to none of the client's own topics");
            gate.refusals.record(client, refusal.about(&will.topic).with_payload(&will.message));
            return None;
        }
        let delay = properties.as_ref().and_then(|properties| properties.delay_interval).unwrap_or(0);
        let properties = properties.map(|properties| {
            Box::new(PublishProperties {
                payload_format_indicator: properties.payload_format_indicator,
                message_expiry_interval: properties.message_expiry_interval,
                response_topic: properties.response_topic,
                correlation_data: properties.correlation_data,
                user_properties: properties.user_properties,
                content_type: properties.content_type,
                ..PublishProperties::default()
            })
        });
        let message = Message {
            // Own bytes: the codec's are a view of the whole CONNECT, which need not be kept.
            topic: Bytes::copy_from_slice(&will.topic),
            payload: Bytes::copy_from_slice(&will.message),
            qos: Qos::from(will.qos),
            retain: will.retain,
            publisher: session,
            expires: None,
            properties,
        };
        Some(Self { message, delay: Duration::from_secs(delay.into()) })
    }

    /// Tells the instrument and the subscribers.
    pub(super) fn speak(self, gate: &Gate, authority: &mut Authority) {
        let Self { mut message, .. } = self;
        let Ok(topic) = str::from_utf8(&message.topic) else { return };
        let verdict = authority.of_topic(topic);
        let keeps = verdict == Verdict::Message;
        if let Verdict::Sensor(target) = verdict {
            let moment = Moment { received_ms: gate.ports.clock.now_ms(), zone: gate.zone };
            let mut heard = Heard::default();
            authority.hear(&target, &message.payload, moment, &mut heard);
            for binding in heard.gone.iter().filter_map(|at| authority.binding(*at)) {
                gate.ports.handover.last_will(&binding.instrument);
            }
        }
        // It counts as published now.
        message.expires = Message::expiry(message.properties.as_deref());
        if message.retain && keeps {
            gate.exchange.retain(&message);
        }
        if gate.exchange.wants(topic) {
            gate.exchange.publish(message);
        }
    }
}
