use super::Gate;
use super::codec::Qos;
use super::exchange::{Exchange, Message};
use crate::domain::InstrumentId;
use bytes::Bytes;
use std::sync::Arc;

/// Publishes what the server has to say. Cheap to clone; costs nothing while nobody is subscribed.
#[derive(Clone)]
pub struct Publisher(Arc<Exchange>);

impl Publisher {
    pub(in crate::ingest) fn of(gate: &Gate) -> Self {
        Self(gate.exchange.clone())
    }

    /// Tells subscribers of `dayi/v1/{instrument}/state` that it changed. Those who subscribe later are answered from
    /// [`States`](crate::ingest::States), which must already give the new state.
    pub async fn state(&self, instrument: &InstrumentId, payload: Bytes) {
        self.publish(instrument, "state", payload).await;
    }

    /// Tells subscribers of `dayi/v1/{instrument}/alert`. Not retained.
    pub async fn alert(&self, instrument: &InstrumentId, payload: Bytes) {
        self.publish(instrument, "alert", payload).await;
    }

    async fn publish(&self, instrument: &InstrumentId, what: &str, payload: Bytes) {
        if self.0.is_idle() {
            return;
        }
        let topic = format!("dayi/v1/{instrument}/{what}");
        if self.0.wants(&topic) {
            let (qos, topic) = (Qos::AtLeastOnce, topic.into());
            let (retain, publisher, expires, properties) = (false, 0, None, None);
            self.0.publish(Message { topic, payload, qos, retain, publisher, expires, properties });
        }
    }
}
