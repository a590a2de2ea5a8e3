use super::mailbox::Limit;
use super::message::Message;
use crate::ingest::gate::topic;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// The last retained message of each topic (MQTT 5, 3.3.1.3).
pub(super) struct Retained {
    limit: Limit,
    bytes: usize,
    messages: HashMap<Box<str>, Arc<Message>>,
}

impl Retained {
    pub(super) fn new(limit: Limit) -> Self {
        Self { limit, bytes: 0, messages: HashMap::new() }
    }

    /// Keeps a message instead of the one before it, or forgets that when the new one is empty; whether there was room.
    pub(super) fn put(&mut self, topic: &str, message: &Arc<Message>) -> bool {
        if let Some(before) = self.messages.remove(topic) {
            self.bytes -= before.size();
        }
        if message.payload.is_empty() {
            return true;
        }
        let size = message.size();
        if !self.has_room(size) {
            self.forget_expired();
        }
        let has_room = self.has_room(size);
        if has_room {
            self.bytes += size;
            self.messages.insert(topic.into(), message.clone());
        }
        has_room
    }

    /// What a new subscriber of the filter is owed.
    pub(super) fn of_filter(&self, filter: &str) -> Vec<Arc<Message>> {
        let now = Instant::now();
        let wanted = |message: &&Arc<Message>| !message.has_expired(now);
        if !filter.contains(['+', '#']) {
            return self.messages.get(filter).filter(wanted).cloned().into_iter().collect();
        }
        let selected = self.messages.iter().filter(|(topic, _)| topic::matches(filter, topic));
        selected.map(|(_, message)| message).filter(wanted).cloned().collect()
    }

    fn has_room(&self, size: usize) -> bool {
        self.messages.len() < self.limit.messages && self.bytes + size <= self.limit.bytes
    }

    fn forget_expired(&mut self) {
        let now = Instant::now();
        self.messages.retain(|_, message| !message.has_expired(now));
        self.bytes = self.messages.values().map(|message| message.size()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::gate::codec::Qos;
    use bytes::Bytes;
    use std::time::Duration;

    fn message(payload: &'static str, expires_s: Option<u64>) -> Arc<Message> {
        let (topic, payload) = (Bytes::from_static(b"t"), Bytes::from_static(payload.as_bytes()));
        let expires = expires_s.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let (qos, retain) = (Qos::AtLeastOnce, true);
        Arc::new(Message { topic, payload, qos, retain, publisher: 0, expires, properties: None })
    }

    #[test]
    fn the_newest_is_kept_and_an_empty_one_forgets() {
        let mut retained = Retained::new(Limit { messages: 2, bytes: 1000 });
        assert!(retained.put("a/b", &message("1", None)) && retained.put("a/b", &message("2", None)));
        assert!(retained.put("a/c", &message("3", None)));
        assert!(!retained.put("a/d", &message("4", None)), "full");
        assert!(retained.put("a/c", &message("5", None)), "what is known may change");
        assert_eq!(retained.of_filter("a/b")[0].payload, "2");
        assert_eq!(retained.of_filter("a/+").len(), 2);
        assert!(retained.put("a/b", &message("", None)) && retained.put("a/c", &message("", None)));
        assert!(retained.of_filter("#").is_empty());
        assert_eq!(retained.bytes, 0);
        assert!(!retained.put("a", &message(Box::leak("x".repeat(1000).into()), None)), "too large");
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_expired_is_not_given_and_makes_room() {
        let mut retained = Retained::new(Limit { messages: 1, bytes: 1000 });
        assert!(retained.put("a", &message("1", Some(5))));
        assert!(!retained.put("b", &message("2", None)));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(retained.of_filter("a").is_empty() && retained.of_filter("#").is_empty());
        assert!(retained.put("b", &message("2", None)));
    }
}
