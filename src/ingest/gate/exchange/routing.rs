use super::audience::Audience;
use super::filters::{Entry, Filters, Options, Target};
use super::mailbox::{Limit, Mailbox};
use super::message::{Delivery, Message};
use super::retained::Retained;
use crate::ingest::config::FrontConfig;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The beginning of the topics about instruments, which guests neither hear nor use.
pub(in crate::ingest::gate) const INSTRUMENTS: &str = "dayi/";

/// Carries messages to whoever subscribed to them.
pub(in crate::ingest::gate) struct Exchange {
    filters: RwLock<Filters>,
    /// How many filters there are; while there is none a message costs nothing.
    count: AtomicUsize,
    retained: Mutex<Retained>,
    memory: Arc<AtomicUsize>,
    memory_limit: usize,
}

impl Exchange {
    pub(in crate::ingest::gate) fn new(config: &FrontConfig) -> Self {
        let retained = Limit { messages: config.retained_messages, bytes: config.retained_bytes };
        Self {
            filters: RwLock::default(),
            count: AtomicUsize::new(0),
            retained: Mutex::new(Retained::new(retained)),
            memory: Arc::default(),
            memory_limit: config.queues_bytes,
        }
    }

    /// Whether anybody would get a message of this topic.
    pub(in crate::ingest::gate) fn wants(&self, topic: &str) -> bool {
        let mut wants = false;
        if !self.is_idle() {
            self.read().of_topic(topic, &mut |_| wants = true);
        }
        wants
    }

    /// Whether nobody is subscribed to anything.
    pub(in crate::ingest::gate) fn is_idle(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Puts a message into its subscribers' mailboxes: one copy each, at the highest QoS that one of the subscriber's
    /// filters grants and with the ids of all that select it (MQTT 5, 3.3.4), and one for each group.
    pub(in crate::ingest::gate) fn publish(&self, message: Message) {
        let message = Arc::new(message.detached());
        let Ok(topic) = str::from_utf8(&message.topic) else { return };
        let filters = self.read();
        let mut entries: Vec<&Entry> = Vec::new();
        let mut shared: Vec<&Entry> = Vec::new();
        let hears = |entry: &Entry| entry.mailbox.hears(topic);
        if !self.is_idle() {
            filters.of_topic(topic, &mut |selected| {
                entries.extend(&selected.alone);
                shared.extend(selected.groups.iter().filter_map(|group| group.pick(message.qos, hears)));
            });
        }
        entries.retain(|entry| {
            let own = entry.options.no_local && entry.mailbox.session == message.publisher;
            !own && hears(entry)
        });
        entries.sort_by_key(|entry| Arc::as_ptr(&entry.mailbox));
        for of_one in entries.chunk_by(|a, b| Arc::ptr_eq(&a.mailbox, &b.mailbox)) {
            deliver(&message, of_one);
        }
        for entry in shared {
            deliver(&message, &[entry]);
        }
    }

    /// Keeps a retained message for those who subscribe later, as long as there is room.
    pub(in crate::ingest::gate) fn retain(&self, message: &Message) {
        let Ok(topic) = str::from_utf8(&message.topic) else { return };
        let message = Arc::new(message.clone().detached());
        let kept = self.retained.lock().unwrap_or_else(PoisonError::into_inner).put(topic, &message);
        if !kept {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "retained-full").increment(1);
        }
    }

    /// The retained messages a filter selects.
    pub(in crate::ingest::gate) fn retained(&self, filter: &str) -> Vec<Arc<Message>> {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner).of_filter(filter)
    }

    pub(in crate::ingest::gate) fn mailbox(&self, session: u64, audience: Audience, limit: Limit) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(session, audience, limit, self.memory.clone(), self.memory_limit))
    }

    /// Subscribes, or changes a subscription; whether it is new.
    pub(in crate::ingest::gate) fn subscribe(&self, target: &Target, mailbox: &Arc<Mailbox>, options: Options) -> bool {
        let is_new = self.write().add(target, Entry { mailbox: mailbox.clone(), options });
        self.count.fetch_add(usize::from(is_new), Ordering::Relaxed);
        is_new
    }

    /// Ends a subscription there is.
    pub(in crate::ingest::gate) fn unsubscribe(&self, target: &Target, mailbox: &Arc<Mailbox>) {
        self.write().remove(target, mailbox);
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    fn read(&self) -> RwLockReadGuard<'_, Filters> {
        self.filters.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Filters> {
        self.filters.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One copy for a subscriber whose filters these are.
fn deliver(message: &Arc<Message>, entries: &[&Entry]) {
    let Some(first) = entries.first() else { return };
    let granted = entries.iter().map(|entry| entry.options.qos).max().unwrap_or(first.options.qos);
    first.mailbox.push(Delivery {
        message: message.clone(),
        qos: message.qos.min(granted),
        retain: message.retain && entries.iter().any(|entry| entry.options.retain_as_published),
        ids: entries.iter().filter_map(|entry| entry.options.id).collect(),
    });
}
