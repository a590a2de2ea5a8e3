use crate::ingest::gate::codec::Qos;
use bytes::Bytes;
use rumqttd::protocol::PublishProperties;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a queued message costs besides its bytes, roughly.
const OVERHEAD: usize = 128;

/// A message on its way to subscribers.
#[derive(Clone, Debug)]
pub(in crate::ingest::gate) struct Message {
    pub(in crate::ingest::gate) topic: Bytes,
    pub(in crate::ingest::gate) payload: Bytes,
    pub(in crate::ingest::gate) qos: Qos,
    pub(in crate::ingest::gate) retain: bool,
    /// The number of the session that published it; 0 is the server.
    pub(in crate::ingest::gate) publisher: u64,
    /// From when on nobody wants it any more (MQTT 5, 3.3.2.3.3).
    pub(in crate::ingest::gate) expires: Option<Instant>,
    pub(in crate::ingest::gate) properties: Option<Box<PublishProperties>>,
}

impl Message {
    /// The moment a message of these properties expires that was published now.
    pub(in crate::ingest::gate) fn expiry(properties: Option<&PublishProperties>) -> Option<Instant> {
        let seconds = properties?.message_expiry_interval?;
        Instant::now().checked_add(Duration::from_secs(seconds.into()))
    }

    pub(in crate::ingest::gate) fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// What it costs to keep it.
    pub(super) fn size(&self) -> usize {
        let properties = self.properties.as_ref().map_or(0, |properties| {
            let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            let pairs = properties.user_properties.iter().map(|(name, value)| name.len() + value.len() + 48);
            text(&properties.content_type)
                + text(&properties.response_topic)
                + properties.correlation_data.as_ref().map_or(0, Bytes::len)
                + pairs.sum::<usize>()
                + OVERHEAD
        });
        self.topic.len() + self.payload.len() + properties + OVERHEAD
    }

    /// The same in bytes of its own: what came from a socket is a view of a whole read, which need not be kept.
    pub(super) fn detached(mut self) -> Self {
        self.topic = Bytes::copy_from_slice(&self.topic);
        self.payload = Bytes::copy_from_slice(&self.payload);
        if let Some(properties) = &mut self.properties {
            let data = &mut properties.correlation_data;
            *data = data.as_ref().map(|data| Bytes::copy_from_slice(data));
        }
        self
    }
}

/// A message as one subscriber gets it.
#[derive(Clone, Debug)]
pub(in crate::ingest::gate) struct Delivery {
    pub(in crate::ingest::gate) message: Arc<Message>,
    pub(in crate::ingest::gate) qos: Qos,
    pub(in crate::ingest::gate) retain: bool,
    /// The ids of the subscriptions that selected it (MQTT 5, 3.3.2.3.8).
    pub(in crate::ingest::gate) ids: Vec<usize>,
}
