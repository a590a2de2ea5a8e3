use super::audience::Audience;
use super::message::Delivery;
use crate::ingest::gate::codec::Qos;
use arc_swap::ArcSwap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How much may wait for one subscriber.
#[derive(Clone, Copy, Debug)]
pub(in crate::ingest::gate) struct Limit {
    pub(in crate::ingest::gate) messages: usize,
    pub(in crate::ingest::gate) bytes: usize,
}

/// What waits for one session, whether its client is connected or not.
pub(in crate::ingest::gate) struct Mailbox {
    /// The number of the session.
    pub(super) session: u64,
    /// What it may hear; changed when its client comes back with other rights.
    audience: ArcSwap<Audience>,
    limit: Limit,
    /// What all mailboxes hold together, in bytes, and how much that may be.
    memory: Arc<AtomicUsize>,
    memory_limit: usize,
    queue: Mutex<Queue>,
    arrived: Notify,
}

struct Queue {
    waiting: VecDeque<Delivery>,
    bytes: usize,
    missed: u64,
    connected: bool,
}

impl Mailbox {
    pub(super) fn new(
        session: u64,
        audience: Audience,
        limit: Limit,
        memory: Arc<AtomicUsize>,
        memory_limit: usize,
    ) -> Self {
        let queue = Queue { waiting: VecDeque::new(), bytes: 0, missed: 0, connected: true };
        let audience = ArcSwap::from_pointee(audience);
        Self { session, audience, limit, memory, memory_limit, queue: Mutex::new(queue), arrived: Notify::new() }
    }

    pub(super) fn hears(&self, topic: &str) -> bool {
        self.audience.load().hears(topic)
    }

    pub(in crate::ingest::gate) fn set_audience(&self, audience: Audience) {
        self.audience.store(Arc::new(audience));
    }

    /// Queues a message. When there is no room the oldest go first, counted. QoS 0 is not kept for who is away
    /// (MQTT 5, 4.1).
    pub(super) fn push(&self, delivery: Delivery) {
        let size = delivery.message.size();
        let mut queue = self.lock();
        if !queue.connected && delivery.qos == Qos::AtMostOnce {
            return;
        }
        let before = queue.missed;
        let mut room = self.memory_limit.saturating_sub(self.memory.load(Ordering::Relaxed));
        while !queue.waiting.is_empty()
            && (queue.waiting.len() >= self.limit.messages || queue.bytes + size > self.limit.bytes || size > room)
        {
            room += self.take(&mut queue).map_or(0, |oldest| oldest.message.size());
            queue.missed += 1;
        }
        if size > room {
            queue.missed += 1;
        } else {
            queue.bytes += size;
            self.memory.fetch_add(size, Ordering::Relaxed);
            queue.waiting.push_back(delivery);
        }
        if queue.missed > before {
            let why = if queue.connected { "slow-subscriber" } else { "away" };
            metrics::counter!("dayi_mqtt_dropped_total", "why" => why).increment(queue.missed - before);
        }
        drop(queue);
        self.arrived.notify_one();
    }

    /// Takes the next message, if there is one.
    pub(in crate::ingest::gate) fn pop(&self) -> Option<Delivery> {
        let mut queue = self.lock();
        let delivery = self.take(&mut queue);
        if queue.waiting.is_empty() {
            // A burst leaves no memory behind.
            queue.waiting = VecDeque::new();
        }
        delivery
    }

    fn take(&self, queue: &mut Queue) -> Option<Delivery> {
        let delivery = queue.waiting.pop_front()?;
        let size = delivery.message.size();
        queue.bytes -= size;
        self.memory.fetch_sub(size, Ordering::Relaxed);
        Some(delivery)
    }

    /// Returns when a message may be there.
    pub(in crate::ingest::gate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// How many messages were dropped since it was last asked.
    pub(in crate::ingest::gate) fn take_missed(&self) -> u64 {
        std::mem::take(&mut self.lock().missed)
    }

    pub(in crate::ingest::gate) fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.lock().connected
    }

    /// The client is there (again).
    pub(in crate::ingest::gate) fn connected(&self) {
        self.lock().connected = true;
        self.arrived.notify_one();
    }

    /// The client went away: what it was owed at QoS 0 is forgotten.
    pub(in crate::ingest::gate) fn disconnected(&self) {
        let mut queue = self.lock();
        queue.connected = false;
        let waiting = std::mem::take(&mut queue.waiting);
        for delivery in waiting {
            if delivery.qos == Qos::AtMostOnce {
                let size = delivery.message.size();
                queue.bytes -= size;
                self.memory.fetch_sub(size, Ordering::Relaxed);
            } else {
                queue.waiting.push_back(delivery);
            }
        }
        queue.waiting.shrink_to_fit();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.memory.fetch_sub(self.lock().bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::gate::exchange::Message;
    use bytes::Bytes;

    fn mailbox(messages: usize, memory_limit: usize) -> Mailbox {
        Mailbox::new(1, Audience::Everything, Limit { messages, bytes: 10_000 }, Arc::default(), memory_limit)
    }

    fn delivery(payload: &str, qos: Qos) -> Delivery {
        let message = Message {
            topic: Bytes::from_static(b"t"),
            payload: payload.to_owned().into(),
            qos,
            retain: false,
            publisher: 0,
            expires: None,
            properties: None,
        };
        Delivery { message: Arc::new(message), qos, retain: false, ids: Vec::new() }
    }

    fn payloads(mailbox: &Mailbox) -> Vec<Bytes> {
        std::iter::from_fn(|| mailbox.pop()).map(|delivery| delivery.message.payload.clone()).collect()
    }

    #[test]
    fn the_oldest_give_way_and_are_counted() {
        let mailbox = mailbox(3, usize::MAX);
        for n in 0..5 {
            mailbox.push(delivery(&n.to_string(), Qos::AtMostOnce));
        }
        assert_eq!((mailbox.take_missed(), mailbox.take_missed()), (2, 0));
        assert_eq!(payloads(&mailbox), ["2", "3", "4"]);
        assert_eq!(mailbox.memory.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn bytes_are_bounded_for_one_and_for_all() {
        let mailbox = mailbox(1000, 5_000);
        for _ in 0..100 {
            mailbox.push(delivery(&"x".repeat(1000), Qos::AtLeastOnce));
        }
        assert!(mailbox.memory.load(Ordering::Relaxed) <= 5_000);
        mailbox.push(delivery(&"x".repeat(6_000), Qos::AtLeastOnce));
        assert_eq!(mailbox.take_missed(), 97 + 4, "one that never fits empties the queue and is dropped itself");
        let memory = mailbox.memory.clone();
        mailbox.push(delivery("y", Qos::AtLeastOnce));
        drop(mailbox);
        assert_eq!(memory.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn who_is_away_is_kept_what_must_arrive() {
        let mailbox = mailbox(10, usize::MAX);
        mailbox.push(delivery("a", Qos::AtMostOnce));
        mailbox.push(delivery("b", Qos::AtLeastOnce));
        mailbox.disconnected();
        mailbox.push(delivery("c", Qos::AtMostOnce));
        mailbox.push(delivery("d", Qos::ExactlyOnce));
        mailbox.connected();
        assert_eq!(payloads(&mailbox), ["b", "d"]);
        assert_eq!(mailbox.take_missed(), 0);
    }
}
