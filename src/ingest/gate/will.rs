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
use std::sync::Arc;

/// What is said when its client is gone.
pub(super) struct Will(Message);

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
        Some(Self(Message {
            // Own bytes: the codec's are a view of the whole CONNECT, which need not be kept.
            topic: Bytes::copy_from_slice(&will.topic),
            payload: Bytes::copy_from_slice(&will.message),
            qos: Qos::from(will.qos),
            retain: will.retain,
            publisher: session,
            properties,
        }))
    }

    /// Tells the instrument and the subscribers.
    pub(super) async fn speak(self, gate: &Arc<Gate>, authority: &mut Authority) {
        let Self(message) = self;
        let Ok(topic) = str::from_utf8(&message.topic) else { return };
        if let Verdict::Sensor(target) = authority.of_topic(topic) {
            let moment = Moment { received_ms: gate.ports.clock.now_ms(), zone: gate.zone };
            let mut heard = Heard::default();
            authority.hear(&target, &message.payload, moment, &mut heard);
            for binding in heard.gone.iter().filter_map(|at| authority.binding(*at)) {
                gate.ports.handover.last_will(&binding.instrument);
            }
        }
        if gate.exchange.wants(topic) {
            gate.exchange.publish(message).await;
        }
    }
}
