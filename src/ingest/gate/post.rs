//! Commands to sensors: a sensor hears only its own, so who gets one is looked up instead of matched.

use super::exchange::Message;
use crate::ingest::dialect::DialectKind;
use dashmap::DashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Commands that wait for a sensor; more are dropped.
const WAITING: usize = 16;

type Boxes = DashMap<Arc<str>, Vec<(u64, mpsc::Sender<Message>)>>;

/// The mailboxes of all sensors that listen. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Post(Arc<Boxes>);

/// What one session listens to; closed when dropped.
pub(super) struct Mailbox {
    post: Post,
    session: u64,
    addresses: Vec<Arc<str>>,
    sender: mpsc::Sender<Message>,
    receiver: mpsc::Receiver<Message>,
}

impl Post {
    pub(super) fn open(&self, session: u64) -> Mailbox {
        let (sender, receiver) = mpsc::channel(WAITING);
        Mailbox { post: self.clone(), session, addresses: Vec::new(), sender, receiver }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn wants(&self, topic: &str) -> bool {
        !self.0.is_empty() && addresses(topic).any(|address| self.0.contains_key(address))
    }

    pub(super) fn deliver(&self, topic: &str, message: &Message) {
        if self.0.is_empty() {
            return;
        }
        for address in addresses(topic) {
            let Some(boxes) = self.0.get(address) else { continue };
            for (_, sender) in boxes.iter() {
                if sender.try_send(message.clone()).is_err() {
                    metrics::counter!("dayi_mqtt_dropped_total", "why" => "mailbox-full").increment(1);
                }
            }
        }
    }
}

fn addresses(topic: &str) -> impl Iterator<Item = &str> {
    DialectKind::ALL.into_iter().filter_map(move |dialect| dialect.command_address(topic).map(|(address, _)| address))
}

impl Mailbox {
    /// Also listens to this address.
    pub(super) fn add(&mut self, address: &str) {
        if self.addresses.iter().any(|known| &**known == address) {
            return;
        }
        let address: Arc<str> = address.into();
        self.post.0.entry(address.clone()).or_default().push((self.session, self.sender.clone()));
        self.addresses.push(address);
    }

    pub(super) async fn next(&mut self) -> Option<Message> {
        self.receiver.recv().await
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        for address in &self.addresses {
            self.post.0.remove_if_mut(address, |_, boxes| {
                boxes.retain(|(session, _)| *session != self.session);
                boxes.is_empty()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::gate::codec::Qos;
    use bytes::Bytes;

    fn command(topic: &'static str) -> Message {
        Message {
            topic: Bytes::from_static(topic.as_bytes()),
            payload: Bytes::new(),
            qos: Qos::AtMostOnce,
            retain: false,
            publisher: 1,
            properties: None,
        }
    }

    #[tokio::test]
    async fn a_command_reaches_its_sensor_only() {
        let post = Post::default();
        let (mut a, mut b) = (post.open(1), post.open(2));
        a.add("dayi/v1/a/command");
        a.add("dayi/v1/a/command");
        b.add("dayi/v1/b/command");
        assert!(post.wants("dayi/v1/a/command/x") && !post.wants("dayi/v1/c/command/x") && !post.wants("x"));
        post.deliver("dayi/v1/a/command/x", &command("dayi/v1/a/command/x"));
        assert_eq!(a.next().await.unwrap().topic, "dayi/v1/a/command/x");
        assert!(a.receiver.try_recv().is_err(), "once");
        assert!(b.receiver.try_recv().is_err());
    }

    #[test]
    fn a_sensor_that_does_not_read_or_has_left_holds_nobody_back() {
        let post = Post::default();
        let mut a = post.open(1);
        a.add("cmnd/plug");
        for _ in 0..100 {
            post.deliver("cmnd/plug/POWER", &command("cmnd/plug/POWER"));
        }
        assert_eq!(a.receiver.len(), WAITING);
        drop(a);
        assert!(post.is_empty());
    }
}
